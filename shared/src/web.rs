//! The way to services outside AWS, over HTTPS. Only the `connect` of a [`Port`](crate::function::Port) may
//! name it, so that a binary without such a port does not carry an HTTP client for nothing.
use std::time::Duration;

/// A client that does not wait long, follows no redirect and names itself, with ring as the only cryptography
/// (see `docs/decisions`).
pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    // Says no where another client of this process has already chosen it: the same one.
    rustls::crypto::ring::default_provider().install_default().unwrap_or_default();
    reqwest::Client::builder()
        .user_agent(concat!("quintet/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(2))
        .timeout(Duration::from_secs(8))
        .redirect(reqwest::redirect::Policy::none())
        .build()
}
