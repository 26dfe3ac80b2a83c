//! Where a request comes from.
use std::net::IpAddr;

/// The address of the client as API Gateway saw it. Never taken from `X-Forwarded-For`, which anybody can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source(pub Option<IpAddr>);

impl Source {
    /// The network that limits count: one IPv4 /24 or IPv6 /64, since single addresses are cheap to change.
    pub fn prefix(&self) -> String {
        match self.0 {
            Some(IpAddr::V4(v4)) => {
                let [a, b, c, _] = v4.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            Some(IpAddr::V6(v6)) => {
                let [a, b, c, d, ..] = v6.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
            None => "unknown".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_a_prefix() {
        let prefix = |text: &str| Source(text.parse().ok()).prefix();
        assert_eq!(prefix("203.0.113.7"), prefix("203.0.113.250"));
        assert_eq!(prefix("2001:db8:1:2::1"), prefix("2001:db8:1:2:ffff::9"));
        assert_ne!(prefix("203.0.113.7"), prefix("203.0.114.7"));
        assert_eq!(prefix("nonsense"), "unknown");
    }
}
