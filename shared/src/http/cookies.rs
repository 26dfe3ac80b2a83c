//! Reading one cookie.
use axum::http::{HeaderMap, header::COOKIE};

/// The value of the cookie `name`. Where a request repeats it, the first counts, as with RFC 6265 user agents that send the
/// most specific first.
pub fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "x__Host-sid=no; __Host-sid=yes; __Host-sid=second".parse().unwrap());
        assert_eq!(cookie_value(&headers, "__Host-sid"), Some("yes"));
        assert_eq!(cookie_value(&headers, "sid"), None);
    }
}
