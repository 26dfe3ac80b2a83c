//! Who may call lending: borrowers by cookie session, staff by cookie session and role.
use axum::{
    extract::FromRequestParts,
    http::request::Parts,
};
use shared::{
    app::App,
    codes,
    error::Error,
    function::Need,
    http::{Access, Caller, Credential, cookie_value},
    identity::session::{Session, Token},
    table::Stored,
};

use crate::borrower::User;

/// The cookie that holds a borrower's session.
pub const SESSION_COOKIE: &str = "__Host-sid";

/// A signed-in borrower.
pub const BORROWER: Access = Access {
    name: "borrower",
    roles: &[],
    credential: Credential::Cookie(SESSION_COOKIE),
    needs: &[Need::BatchGet],
    authenticate: Some(|app, parts, _| Box::pin(authenticate_borrower(app, parts))),
};

/// The borrower who calls, with the session they call in: loaded together, in the one read that authenticates.
#[derive(Debug, Clone)]
pub struct Borrower {
    /// The person.
    pub user: Stored<User>,
    /// The session.
    pub session: Stored<Session>,
}

/// Finds the session and its user; refuses sessions that ended and users that are blocked.
async fn authenticate_borrower(app: &App, parts: &mut Parts) -> Result<Caller, Error> {
    let token = cookie_value(&parts.headers, SESSION_COOKIE).ok_or(codes::NOT_SIGNED_IN)?;
    let presented = Token::present::<User>(token).ok_or(codes::NOT_SIGNED_IN)?;
    let owner = User::partition(presented.owner);
    let (session, user) = app.table().get_two(presented.session_at(&owner), User::at(presented.owner)).await?;
    let (Some(session), Some(user)) = (session, user) else { return Err(codes::NOT_SIGNED_IN.into()) };
    if !session.is_alive(app.now()) {
        return Err(codes::SESSION_EXPIRED.into());
    }
    if user.is_blocked() {
        return Err(codes::ACCOUNT_BLOCKED.into());
    }
    let caller = Caller { id: user.id.to_string(), csrf: Some(session.csrf_token()) };
    parts.extensions.insert(Borrower { user, session });
    Ok(caller)
}

impl<S: Send + Sync> FromRequestParts<S> for Borrower {
    type Rejection = Error;

    /// What authentication left; a handler whose declaration does not ask for a borrower finds nothing here.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let found = parts.extensions.remove::<Self>();
        found.ok_or_else(|| Error::internal("the endpoint does not declare that it is for borrowers"))
    }
}
