//! A member of staff who is set up and signed in, without the dozen calls that lead there.
use jiff::SignedDuration;
use lending::{WING, access::STAFF_COOKIE, staff::count_admins};
use shared::{
    app::App,
    error::Error,
    http::Parsed as _,
    identity::{
        password::Password,
        session::Token,
        staff::{NewMember, StaffMember},
        totp::TotpCode,
    },
    messages::EmailAddress,
    table::Write,
};

use crate::{Fault, person::Person};

/// The member `name` with this role, in a session that begins now.
pub(crate) async fn signed_in(app: &App, name: &str, role: &str) -> Result<Person, Fault> {
    member(app, name, role).await.map_err(|error| format!("the {role} cannot be made: {error:?}").into())
}

async fn member(app: &App, name: &str, role: &str) -> Result<Person, Error> {
    let email = EmailAddress::parse(&format!("{name}@lender.example")).expect("an address");
    let new = NewMember { email: &email, name: "Ravi Rao".to_owned(), roles: vec![role.to_owned()] };
    let (mut member, _temporary) = StaffMember::new(app, &WING, new)?;
    member.choose_password(app, &Password::parsed("correct horse battery").expect("a password"))?;
    let totp = member.enrol(app)?;
    let code = totp.code_at(app.now() - SignedDuration::from_secs(30));
    member.confirm(app, &TotpCode::parsed(&code).expect("a code"))?;
    let partition = StaffMember::partition(&WING, member.id);
    let network = "203.0.113.0/24".to_owned();
    let (token, session) = Token::issue(member.id, partition, app.now(), app.random(), "bench", network);
    let write = Write::new().create(&member).create(&member.email_taken()).create(&session);
    app.table().write(count_admins(None, &member, write)).await?;
    Ok(Person::with(&token, STAFF_COOKIE, &session))
}
