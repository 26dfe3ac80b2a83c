//! Somebody who may call a function, in a session that begins now.
use lending::{
    access::{SESSION_COOKIE, STAFF_COOKIE},
    borrower::User,
    staff::ADMIN,
};
use shared::{app::App, error::Error, function::Function, http::Credential, identity::session::Token};

use super::{borrower, staff};
use crate::{Fault, person::Person};

/// A session for `function`: of a new borrower or a new member of staff, whichever its declaration asks for.
pub(crate) async fn session(app: &App, function: &'static Function) -> Result<Person, Fault> {
    let Some(access) = function.route().map(|route| route.access) else { return Ok(Person::default()) };
    match access.credential {
        Credential::Cookie(SESSION_COOKIE) => borrower_signed_in(app, function)
            .await
            .map_err(|error| format!("the borrower cannot be made: {error:?}").into()),
        Credential::Cookie(STAFF_COOKIE) => {
            staff::signed_in(app, function.name, access.roles.first().unwrap_or(&ADMIN)).await
        }
        _ => Ok(Person::default()),
    }
}

async fn borrower_signed_in(app: &App, function: &Function) -> Result<Person, Error> {
    // A number of their own for each function.
    let index =
        function.name.bytes().fold(0, |hash: usize, byte| (hash * 31 + usize::from(byte)) % 999_999_999);
    let (user, write) = borrower::signed_up(app, index)?;
    let network = "203.0.113.0/24".to_owned();
    let (token, session) =
        Token::issue(user, User::partition(user), app.now(), app.random(), "bench", network);
    app.table().write(write.create(&session)).await?;
    Ok(Person::with(&token, SESSION_COOKIE, &session))
}
