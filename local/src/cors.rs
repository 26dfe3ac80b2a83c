//! What a page of another origin may do: the CORS configuration of each HTTP API, here and in the templates.
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use shared::{function::Method, wing::Wing};

/// A CORS configuration, in the words of CloudFormation's `CorsConfiguration`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorsPolicy {
    /// `AllowOrigins`. Here a port may be `*`; on AWS the origins of a stage are a parameter of the template.
    pub allow_origins: &'static [&'static str],
    /// `AllowMethods`.
    pub allow_methods: &'static [&'static str],
    /// `AllowHeaders`.
    pub allow_headers: &'static [&'static str],
    /// `ExposeHeaders`.
    pub expose_headers: &'static [&'static str],
    /// `AllowCredentials`.
    pub allow_credentials: bool,
    /// `MaxAge`, in seconds.
    pub max_age_s: u32,
}

const METHODS: &[&str] =
    &[Method::Get.name(), Method::Post.name(), Method::Put.name(), Method::Delete.name(), "OPTIONS"];

impl CorsPolicy {
    /// The policy of a wing.
    pub const fn of(wing: &Wing) -> Self {
        Self {
            allow_origins: &["http://localhost:*", "http://127.0.0.1:*"],
            allow_methods: METHODS,
            allow_headers: &["authorization", "content-type", "idempotency-key", "if-match", "x-csrf-token"],
            expose_headers: &[
                "content-disposition",
                "etag",
                "idempotent-replayed",
                "retry-after",
                "x-request-id",
            ],
            allow_credentials: wing.credentials,
            max_age_s: 600,
        }
    }

    /// Whether pages of `origin` may call.
    pub fn allows(&self, origin: &str) -> bool {
        self.allow_origins.iter().any(|allowed| match allowed.strip_suffix(":*") {
            None => *allowed == origin,
            Some(host) => origin.strip_prefix(host).is_some_and(|rest| {
                let port = rest.strip_prefix(':');
                rest.is_empty() || port.is_some_and(|port| port.parse::<u16>().is_ok())
            }),
        })
    }

    /// Puts on a reply what API Gateway puts there, in place of anything the function said itself.
    pub(crate) fn apply(&self, request: &HeaderMap, reply: &mut HeaderMap) {
        for name in [
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
        ] {
            reply.remove(name);
        }
        let Some(origin) = self.origin_in(request) else { return };
        reply.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        reply.append(header::VARY, HeaderValue::from_static("origin"));
        if self.allow_credentials {
            reply.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        list(reply, header::ACCESS_CONTROL_EXPOSE_HEADERS, self.expose_headers);
    }

    /// The headers of the answer to a preflight request. None of them for an origin that may not call.
    pub(crate) fn preflight(&self, request: &HeaderMap) -> HeaderMap {
        let mut reply = HeaderMap::new();
        self.apply(request, &mut reply);
        if self.origin_in(request).is_some() {
            reply.remove(header::ACCESS_CONTROL_EXPOSE_HEADERS);
            list(&mut reply, header::ACCESS_CONTROL_ALLOW_METHODS, self.allow_methods);
            list(&mut reply, header::ACCESS_CONTROL_ALLOW_HEADERS, self.allow_headers);
            reply.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(self.max_age_s));
        }
        reply
    }

    fn origin_in<'a>(&self, request: &'a HeaderMap) -> Option<&'a HeaderValue> {
        request.get(header::ORIGIN).filter(|origin| origin.to_str().is_ok_and(|origin| self.allows(origin)))
    }
}

fn list(headers: &mut HeaderMap, name: HeaderName, values: &[&str]) {
    if let Ok(value) = HeaderValue::try_from(values.join(",")) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_port_of_this_machine_may_call_and_nothing_that_only_looks_like_it() {
        let policy = CorsPolicy::of(&Wing::NONE);
        assert!(policy.allows("http://localhost:5173"));
        assert!(policy.allows("http://localhost"));
        assert!(policy.allows("http://127.0.0.1:3000"));
        for wrong in
            ["http://localhost.example.com", "http://localhost:80.example.com", "https://localhost:1", "null"]
        {
            assert!(!policy.allows(wrong), "{wrong}");
        }
    }
}
