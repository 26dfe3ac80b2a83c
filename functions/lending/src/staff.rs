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
pub async fn first_admin(
    app: &App,
    email: &EmailAddress,
    name: &str,
) -> Result<(StaffMember, Password), Error> {
    let lookup = shared::identity::staff::email_lookup(app, &WING, email)?;
    let found = app.table().list(&StaffMember::with_email(&WING, &lookup), 1).await?.into_iter().next();
    let (write, member, password) = if let Some(known) = found {
        begin_again(app, known)?
    } else {
        let new = NewMember { email, name: name.to_owned(), roles: vec![ADMIN.to_owned()] };
        let (member, password) = StaffMember::new(app, &WING, new)?;
        let write = Write::new().create(&member).create(&member.email_taken()).or(codes::DUPLICATE_ENTRY);
        (write, member, password)
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

#[cfg(test)]
mod tests {
    use shared::{error::Error, messages::EmailAddress};
    use stand::Stand;

    use super::{FIRST_ADMIN, Role, first_admin};
    use crate::{
        FUNCTIONS,
        testing::{staff_member, staff_signed_in},
    };

    async fn make(stand: &Stand, email: &str) -> Result<String, Error> {
        let app = stand.app(&FIRST_ADMIN).await;
        let made = first_admin(&app, &EmailAddress::parse(email).unwrap(), "Asha Rao").await;
        made.map(|(_, password)| password.reveal().to_owned())
    }

    fn code(made: Result<String, Error>) -> &'static str {
        made.err().map_or("", |error| error.code().name)
    }

    #[tokio::test]
    async fn the_first_admin_is_made_until_one_is_set_up_and_never_again() {
        let stand = Stand::new().await;
        let first = make(&stand, "asha@lender.example").await.unwrap();
        let second = make(&stand, "asha@lender.example").await.unwrap();
        assert_ne!(first, second, "a lost temporary password is replaced");
        assert!(make(&stand, "bela@lender.example").await.is_ok());
        staff_member(&stand, &["admin"]).await;
        for email in ["asha@lender.example", "chand@lender.example"] {
            assert_eq!(code(make(&stand, email).await), "ADMIN_EXISTS", "{email}");
        }
    }

    #[tokio::test]
    async fn somebody_else_on_the_staff_is_not_made_an_admin() {
        let stand = Stand::new().await;
        let officer = staff_member(&stand, &["officer"]).await;
        assert_eq!(code(make(&stand, &officer.email).await), "DUPLICATE_ENTRY");
    }

    #[test]
    fn making_the_first_admin_is_no_function_of_the_wing() {
        assert!(FUNCTIONS.iter().all(|function| function.name != FIRST_ADMIN.name));
    }

    /// Every function for staff × nobody and every single role: the role is looked at before path and body are.
    #[tokio::test]
    async fn every_role_opens_what_is_declared_for_it_and_nothing_else() {
        let stand = Stand::new().await;
        let mut staff = Vec::new();
        for role in Role::ALL {
            staff.push((role.name(), staff_signed_in(&stand, &[role.name()]).await));
        }
        let mut seen = 0;
        for function in FUNCTIONS {
            let Some(route) = function.route().filter(|route| route.path.starts_with("/api/admin/")) else {
                continue;
            };
            if matches!(function.name, "lending-sign-in-staff" | "lending-sign-out-staff") {
                continue;
            }
            assert!(route.access.name.starts_with("staff"), "{} is not for staff only", function.name);
            assert_eq!(stand.call(function).await.code(), "NOT_SIGNED_IN", "{}", function.name);
            for (role, cookie) in &staff {
                let may = route.access.roles.is_empty() || route.access.roles.contains(role);
                let refused = stand.call(function).cookie(cookie).await.code() == "FORBIDDEN";
                assert_eq!(refused, !may, "{} as {role}", function.name);
            }
            seen += 1;
        }
        assert!(seen >= 20, "{seen}");
    }
}
