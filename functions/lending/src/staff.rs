//! The staff of lending: which roles there are, who keeps the house, how the first of them comes to be.
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    codes,
    deserr::Deserr,
    error::Error,
    function::{Function, Need},
    http::FieldErrors,
    identity::{
        password::Password,
        staff::{Keepers, NewMember, StaffMember},
        vault::LOOKUP_KEY,
    },
    messages::EmailAddress,
    table::{Stored, Write},
};
use utoipa::ToSchema;

use crate::{WING, codes as lending_codes};

/// What a member of staff may do (`spec/lending.md` 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Deserr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[deserr(error = FieldErrors, rename_all = lowercase)]
pub enum Role {
    /// Reviews applications.
    Officer,
    /// Approves above the limit, keeps settings, products and staff.
    Admin,
    /// Pays out, books receipts, reverses.
    Finance,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 3] = [Role::Officer, Role::Admin, Role::Finance];

    /// As it is stored and declared.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Officer => OFFICER,
            Role::Admin => ADMIN,
            Role::Finance => FINANCE,
        }
    }
}

/// See [`Role::Officer`].
pub const OFFICER: &str = "officer";
/// See [`Role::Admin`].
pub const ADMIN: &str = "admin";
/// See [`Role::Finance`].
pub const FINANCE: &str = "finance";

/// Adds to `write` what `before` becoming `after` means for the number of active admins, which never falls to none.
pub fn count_admins(before: Option<&StaffMember>, after: &StaffMember, write: Write) -> Write {
    Keepers::count(&WING, ADMIN, before, after, write, lending_codes::LAST_ADMIN)
}

/// What [`first_admin`] may touch. Not one of the wing's functions: no Lambda is made of it, no URL leads to it. An operator
/// runs it with their own credentials; see `docs/decisions`.
pub static FIRST_ADMIN: Function = Function {
    name: "lending-first-admin",
    module: module_path!(),
    wing: &WING,
    summary: "Make the first admin, while there is none",
    needs: &[
        Need::QueryIndex(shared::table::Index::Gsi1),
        Need::Put,
        Need::Update,
        Need::Secret(&LOOKUP_KEY),
    ],
    ..Function::WORKER
};

/// Makes an admin with a temporary password, only while no admin is set up; for the same address again, as long as that one
/// has not finished. They choose a password and enrol an authenticator at their first sign-in like everybody else.
///
/// For operators' tools, the local cloud and the tests, which connect [`FIRST_ADMIN`].
pub async fn first_admin(app: &App, email: &EmailAddress, name: &str) -> Result<(StaffMember, Password), Error> {
    let lookup = shared::identity::staff::email_lookup(app, &WING, email)?;
    let found = app.table().list(&StaffMember::with_email(&WING, &lookup), 1).await?.into_iter().next();
    let (write, member, password) = match found {
        Some(known) => begin_again(app, known)?,
        None => {
            let new = NewMember { email, name: name.to_owned(), roles: vec![ADMIN.to_owned()] };
            let (member, password) = StaffMember::new(app, &WING, new)?;
            let write = Write::new().create(&member).create(&member.email_taken()).or(codes::DUPLICATE_ENTRY);
            (write, member, password)
        }
    };
    app.table().write(Keepers::none(&WING, ADMIN, write, lending_codes::ADMIN_EXISTS)).await?;
    Ok((member, password))
}

fn begin_again(app: &App, mut known: Stored<StaffMember>) -> Result<(Write, StaffMember, Password), Error> {
    if !known.has_one_of(&[ADMIN]) {
        return Err(codes::DUPLICATE_ENTRY.into());
    }
    let password = known.begin_anew(app)?;
    Ok((Write::new().replace(&known), known.value, password))
}
