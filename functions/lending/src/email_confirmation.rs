//! A new e-mail address counts once somebody who reads there has confirmed it: the letter with the token.
use shared::{
    app::App,
    error::Error,
    id::Id,
    identity::{Vault, vault},
    messages::notice::{EMAIL_QUEUE, EmailNotice},
    outbox::Outgoing,
    table::Write,
};

use crate::{
    WING,
    borrower::{EmailChange, EmailToken, User},
};

/// Notes that `user` wants their letters at `address` and adds the letter that confirms it to `write`; the present address
/// stays until then. Their own address again calls a change off. Needs the keys for fields and for look-up.
pub fn ask(app: &App, user: &mut User, address: String, write: Write) -> Result<Write, Error> {
    let present = user.basic.as_ref().map(|basic| basic.email.as_str());
    if present == Some(address.as_str()) {
        user.email_change = None;
        return Ok(write);
    }
    let token: EmailToken = Id::new(app.now(), app.random());
    let write = write.create(&letter(app, &address, token)?);
    let hash = vault::lookup(app, WING.tag, "email-token", &token.to_string())?;
    user.email_change = Some(EmailChange::new(address, hash, app.now()));
    Ok(write)
}

/// Straight to the mailbox, with nothing to see in the app: only who reads there may know the token.
fn letter(app: &App, address: &str, token: EmailToken) -> Result<Outgoing, Error> {
    let notice = Id::new(app.now(), app.random());
    let letter = EmailNotice {
        notice,
        to: address.to_owned(),
        subject: "Confirm your e-mail address".to_owned(),
        text: "To have our letters sent here, confirm this address in the Pocket Credit app with\n\n{secret}\n\nwithin 24 \
               hours. If you did not ask for it, do nothing, and nothing will change."
            .to_owned(),
        secret: Some(Vault::of(app)?.seal(&notice.to_string(), "letter", &token.to_string())?),
    };
    Outgoing::new(app, &WING, &EMAIL_QUEUE, &letter)
}
