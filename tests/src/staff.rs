//! Staff as they come to be: the first admin by the operator's helper, everybody else through the public API.
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::{identity::totp::TotpSecret, messages::EmailAddress};

use crate::{House, Person, person::Who};

/// The password that everybody on the staff chooses.
pub const PASSWORD: &str = "correct horse battery";

impl House {
    /// The first admin, in a session that begins now.
    pub async fn admin(&self) -> Person<'_> {
        let who = self.admin.get_or_init(async || {
            let app = self.app(&lending::staff::FIRST_ADMIN).await;
            let email = EmailAddress::parse("asha@lender.example").expect("an address");
            let (_, password) =
                lending::staff::first_admin(&app, &email, "Asha Rao").await.expect("an admin");
            self.set_up("asha@lender.example", password.reveal()).await.who
        });
        let admin = Person::new(self, who.await.clone());
        admin.sign_in_again().await;
        admin
    }

    /// Somebody new with these roles, taken into the staff by the first admin, set up and signed in.
    pub async fn staff(&self, roles: &[&str]) -> Person<'_> {
        let admin = self.admin().await;
        let staff = admin.get("/lending/api/admin/admin-users?limit=100").await.data();
        let number = staff["members"].as_array().map_or(0, Vec::len);
        admin.brings_in(&format!("staff{number}@lender.example"), roles).await
    }

    /// The first sign-in with a temporary password: another password, then an authenticator.
    async fn set_up(&self, email: &str, temporary: &str) -> Person<'_> {
        let person = self.visitor();
        person.sign_in_with(email, temporary, None).await;
        let passwords = json!({ "current_password": temporary, "new_password": PASSWORD });
        person.post("/lending/api/admin/auth/password", passwords).await.ok();
        let enrolled =
            person.post("/lending/api/admin/auth/totp/enrol", json!({ "password": PASSWORD })).await.data();
        let secret = enrolled["secret"].as_str().and_then(TotpSecret::from_base32).expect("a secret");
        let code = secret.code_at(self.now());
        person.post("/lending/api/admin/auth/totp/confirm", json!({ "totp": code })).await.ok();
        let me = person.get("/lending/api/admin/auth/me").await.data();
        assert_eq!(me["missing"], json!([]), "nothing is left to set up");
        let id = text(&me["id"]);
        person.known_as(Who::Staff { id, email: email.to_owned(), totp: secret })
    }
}

impl<'a> Person<'a> {
    /// As an admin: takes somebody with this address into the staff, who then sets up.
    pub async fn brings_in(&self, email: &str, roles: &[&str]) -> Person<'a> {
        let new = json!({ "email": email, "name": "Ravi Rao", "roles": roles });
        let added = self.post("/lending/api/admin/admin-users", new).await.data();
        self.house.set_up(email, added["temporary_password"].as_str().expect("a password")).await
    }

    /// Signs in as staff, with the code that the authenticator shows next: each counts once.
    pub(crate) async fn sign_in_with(&self, email: &str, password: &str, totp: Option<&TotpSecret>) {
        let mut credentials = json!({ "email": email, "password": password });
        if let Some(totp) = totp {
            self.house.advance(SignedDuration::from_secs(30)).await;
            credentials["totp"] = totp.code_at(self.house.now()).into();
        }
        let signed_in = self.post("/lending/api/admin/auth/login", credentials).await.data();
        self.keep_csrf(&signed_in["csrf_token"]);
    }

    /// The code that the authenticator shows next.
    pub async fn next_code(&self) -> String {
        self.house.advance(SignedDuration::from_secs(30)).await;
        match &self.who {
            Who::Staff { totp, .. } => totp.code_at(self.house.now()),
            Who::Visitor | Who::Borrower { .. } => String::new(),
        }
    }
}

/// The text of a JSON string.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
