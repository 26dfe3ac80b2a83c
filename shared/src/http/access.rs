//! Who may call an endpoint. A wing declares its kinds of callers as [`Access`] values; the edge authenticates before the
//! handler runs, so an endpoint cannot forget to.
use axum::http::request::Parts;
use futures::future::BoxFuture;

use crate::{app::App, error::Error, function::Need};

/// A kind of caller.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    /// `public`, `borrower`, `staff` …: shown in the list of functions and in OpenAPI.
    pub name: &'static str,
    /// The roles that may, where the kind has roles.
    pub roles: &'static [&'static str],
    /// What carries the credentials.
    pub credential: Credential,
    /// What finding out who calls may touch: part of the policy of every endpoint with this access.
    pub needs: &'static [Need],
    /// Finds out who calls, leaves what the handler extracts in the request's extensions, and refuses the rest.
    pub authenticate: Option<Authentication>,
}

/// See [`Access::authenticate`].
pub type Authentication =
    for<'a> fn(&'a App, &'a mut Parts, &'static [&'static str]) -> BoxFuture<'a, Result<Caller, Error>>;

/// What carries the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// Nothing.
    None,
    /// A cookie of this name. Browsers send it by themselves, so unsafe methods need a proof of intent as well.
    Cookie(&'static str),
    /// A bearer token.
    Bearer,
    /// A signature over the raw body.
    Signature,
}

/// Who calls, as far as the edge must know: for idempotency keys, rate limits and logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// A stable id without personal data: `usr_…`, `stf_…`.
    pub id: String,
    /// The proof of intent that goes with this session, where a cookie carries it.
    pub csrf: Option<String>,
}

impl Access {
    /// Anybody.
    pub const PUBLIC: Access =
        Access { name: "public", roles: &[], credential: Credential::None, needs: &[], authenticate: None };
}
