//! Who may call lending: borrowers by cookie session, staff by cookie session and role.
use axum::{extract::FromRequestParts, http::request::Parts};
use shared::{
    app::App,
    audit::Actor,
    codes,
    error::Error,
    function::Need,
    http::{Access, Caller, Credential, RequestId, Source, cookie_value},
    identity::{
        session::{Session, Token},
        staff::StaffMember,
    },
    table::Stored,
};

use crate::{WING, borrower::User, staff};

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
    let (session, user) =
        app.table().get_two(presented.session_at(&owner), User::at(presented.owner)).await?;
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

/// The cookie that holds a session of staff.
pub const STAFF_COOKIE: &str = "__Host-staff";

/// A signed-in member of staff who holds one of `roles`, or any of staff where there are none.
pub const fn staff(roles: &'static [&'static str]) -> Access {
    Access {
        name: "staff",
        roles,
        credential: Credential::Cookie(STAFF_COOKIE),
        needs: &[Need::BatchGet],
        authenticate: Some(|app, parts, roles| Box::pin(authenticate_staff(app, parts, roles))),
    }
}

/// Any member of staff.
pub const ANY_STAFF: Access = staff(&[]);
/// Officers.
pub const OFFICER: Access = staff(&[staff::OFFICER]);
/// Admins.
pub const ADMIN: Access = staff(&[staff::ADMIN]);
/// Finance.
pub const FINANCE: Access = staff(&[staff::FINANCE]);
/// Officers and admins.
pub const OFFICER_OR_ADMIN: Access = staff(&[staff::OFFICER, staff::ADMIN]);
/// Admins and finance.
pub const ADMIN_OR_FINANCE: Access = staff(&[staff::ADMIN, staff::FINANCE]);

/// A member of staff who has signed in with their password, also before they chose one of their own and enrolled an
/// authenticator: for the endpoints that do just that.
pub const STAFF_IN_SETUP: Access = Access {
    name: "staff-in-setup",
    roles: &[],
    credential: Credential::Cookie(STAFF_COOKIE),
    needs: &[Need::BatchGet],
    authenticate: Some(|app, parts, _| Box::pin(authenticate_in_setup(app, parts))),
};

/// The member of staff who calls, with their session, and as the audit log names them.
#[derive(Debug, Clone)]
pub struct Staff {
    /// The person.
    pub member: Stored<StaffMember>,
    /// The session.
    pub session: Stored<Session>,
    /// For [`audit::Entry::new`](shared::audit::Entry::new).
    pub actor: Actor,
}

async fn authenticate_staff(
    app: &App,
    parts: &mut Parts,
    roles: &'static [&'static str],
) -> Result<Caller, Error> {
    let found = find_staff(app, parts).await?;
    let missing = found.member.missing();
    if !missing.is_empty() {
        return Err(Error::new(codes::SETUP_INCOMPLETE).with("missing", missing));
    }
    if !roles.is_empty() && !found.member.has_one_of(roles) {
        return Err(codes::FORBIDDEN.into());
    }
    Ok(enter(parts, found))
}

async fn authenticate_in_setup(app: &App, parts: &mut Parts) -> Result<Caller, Error> {
    let found = find_staff(app, parts).await?;
    Ok(enter(parts, found))
}

/// Finds the session and its member; refuses sessions that ended and members that are disabled.
async fn find_staff(app: &App, parts: &mut Parts) -> Result<Staff, Error> {
    let token = cookie_value(&parts.headers, STAFF_COOKIE).ok_or(codes::NOT_SIGNED_IN)?;
    let presented = Token::present::<StaffMember>(token).ok_or(codes::NOT_SIGNED_IN)?;
    let owner = StaffMember::partition(&WING, presented.owner);
    let member = StaffMember::at(&WING, presented.owner);
    let (session, member) = app.table().get_two(presented.session_at(&owner), member).await?;
    let (Some(session), Some(member)) = (session, member) else { return Err(codes::NOT_SIGNED_IN.into()) };
    if !session.is_alive(app.now()) {
        return Err(codes::SESSION_EXPIRED.into());
    }
    if member.is_disabled() {
        return Err(codes::ACCOUNT_BLOCKED.into());
    }
    let source = parts.extensions.get::<Source>().copied().unwrap_or(Source(None));
    let request = parts.extensions.get::<RequestId>().cloned().unwrap_or_else(|| RequestId(String::new()));
    let actor = Actor::new(member.id, member.roles.clone(), source, &request);
    Ok(Staff { member, session, actor })
}

fn enter(parts: &mut Parts, staff: Staff) -> Caller {
    let caller = Caller { id: staff.member.id.to_string(), csrf: Some(staff.session.csrf_token()) };
    parts.extensions.insert(staff);
    caller
}

impl<S: Send + Sync> FromRequestParts<S> for Staff {
    type Rejection = Error;

    /// What authentication left; a handler whose declaration does not ask for staff finds nothing here.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let found = parts.extensions.remove::<Self>();
        found.ok_or_else(|| Error::internal("the endpoint does not declare that it is for staff"))
    }
}
