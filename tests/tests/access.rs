//! Every HTTP function of every wing × nobody, a made-up session, the wrong kind of caller, the wrong role, somebody else's ids. The
//! list of functions is the declarations themselves, so a new endpoint is in here before its author thinks of it.
use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::{
    function::{Function, Route},
    http::Credential,
};
use tests::{Case, House, Person, method, path_with, routes};

const NOTHING: &str = "x_01J9ZQ6V0M8Q2W3E4R5T6Y7U8V";

/// The path with something in place of its parameters.
fn path(function: &Function, route: &Route) -> String {
    path_with(function, route, NOTHING)
}

#[tokio::test]
async fn without_a_session_nobody_gets_past_the_door() {
    let house = House::open().await;
    let visitor = house.visitor();
    let mut guarded = 0;
    for (function, route) in routes().filter(|(_, route)| route.access.authenticate.is_some()) {
        let Credential::Cookie(name) = route.access.credential else { continue };
        let forged = format!("{name}=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        for headers in [&[][..], &[("cookie", forged.as_str())][..], &[("cookie", "other=1")][..]] {
            let body = route.method.is_unsafe().then(|| json!({ "nonsense": true }));
            let answer = visitor.send(method(route), &path(function, route), body, headers).await;
            assert_eq!(answer.status, 401, "{}: {answer}", function.name);
            assert_eq!(answer.body["code"], "NOT_SIGNED_IN", "{}: {answer}", function.name);
        }
        guarded += 1;
    }
    assert!(guarded >= 80, "only {guarded} endpoints ask who calls");
}

#[tokio::test]
async fn a_borrowers_session_opens_nothing_for_staff() {
    let house = House::open().await;
    let borrower = house.complete_borrower("9876543210").await;
    let [cookie] = &*borrower.cookies() else { panic!("one cookie") };
    // Also not under the name of the other cookie.
    let renamed = cookie.replace("__Host-sid=", "__Host-staff=");
    for (function, route) in routes().filter(|(_, route)| route.access.name.starts_with("staff")) {
        for headers in [&[][..], &[("cookie", renamed.as_str())][..]] {
            let body = route.method.is_unsafe().then(|| json!({}));
            let answer = borrower.send(method(route), &path(function, route), body, headers).await;
            assert_eq!(answer.status, 401, "{}: {answer}", function.name);
        }
    }
}

#[tokio::test]
async fn a_session_of_staff_opens_nothing_for_borrowers() {
    let house = House::open().await;
    let admin = house.admin().await;
    let [cookie] = &*admin.cookies() else { panic!("one cookie") };
    let renamed = cookie.replace("__Host-staff=", "__Host-sid=");
    for (function, route) in routes().filter(|(_, route)| route.access.name == "borrower") {
        for headers in [&[][..], &[("cookie", renamed.as_str())][..]] {
            let body = route.method.is_unsafe().then(|| json!({}));
            let answer = admin.send(method(route), &path(function, route), body, headers).await;
            assert_eq!(answer.status, 401, "{}: {answer}", function.name);
        }
    }
}

#[tokio::test]
async fn each_role_of_staff_opens_its_own_doors_and_no_others() {
    const ROLES: [&str; 3] = ["officer", "admin", "finance"];
    let house = House::open().await;
    let mut people = Vec::new();
    for role in ROLES {
        people.push((role, house.staff(&[role]).await));
    }
    let (mut opened, mut refused) = (0, 0);
    for (function, route) in routes().filter(|(_, route)| route.access.name == "staff") {
        let roles = route.access.roles;
        assert!(
            roles.iter().all(|role| ROLES.contains(role)),
            "{}: a role that nobody has here",
            function.name
        );
        for (role, person) in &people {
            let body = route.method.is_unsafe().then(|| json!({}));
            let answer = person.send(method(route), &path(function, route), body, &[]).await;
            if roles.is_empty() || roles.contains(role) {
                assert!(
                    !matches!(answer.status, 401 | 403 | 500..),
                    "{} for {role}: {answer}",
                    function.name
                );
                opened += 1;
            } else {
                assert_eq!(
                    (answer.status, answer.code()),
                    (403, "FORBIDDEN"),
                    "{} for {role}: {answer}",
                    function.name
                );
                refused += 1;
            }
        }
    }
    assert!(opened >= 30 && refused >= 30, "{opened} opened, {refused} refused");
}

#[tokio::test]
async fn who_has_not_set_up_yet_can_do_nothing_else() {
    let house = House::open().await;
    let admin = house.admin().await;
    let new = json!({ "email": "new@lender.example", "name": "Nila Rao", "roles": ["officer", "admin", "finance"] });
    let added = admin.post("/lending/api/admin/admin-users", new).await.data();
    let person = house.visitor();
    let credentials = json!({ "email": "new@lender.example", "password": added["temporary_password"] });
    let signed_in = person.post("/lending/api/admin/auth/login", credentials).await.data();
    person.keep_csrf(&signed_in["csrf_token"]);
    for (function, route) in routes().filter(|(_, route)| route.access.name == "staff") {
        let body = route.method.is_unsafe().then(|| json!({}));
        let answer = person.send(method(route), &path(function, route), body, &[]).await;
        assert_eq!((answer.status, answer.code()), (403, "SETUP_INCOMPLETE"), "{}: {answer}", function.name);
    }
}

#[tokio::test]
async fn what_changes_things_needs_the_token_or_our_own_page() {
    let house = House::open().await;
    let borrower = house.complete_borrower("9876543210").await;
    let elsewhere = [("origin", "https://evil.example"), ("x-csrf-token", "wrong")];
    let of_borrowers =
        |(_, route): &(&Function, &Route)| route.access.name == "borrower" && route.method.is_unsafe();
    for (function, route) in routes().filter(of_borrowers) {
        borrower.keep_csrf(&Value::Null);
        let answer = borrower.send(method(route), &path(function, route), Some(json!({})), &elsewhere).await;
        assert_eq!((answer.status, answer.code()), (403, "CSRF_REQUIRED"), "{}: {answer}", function.name);
    }
}

/// Somebody with one of everything, and the ids of it by what they name.
struct Owner<'a> {
    person: Person<'a>,
    ids: BTreeMap<&'static str, String>,
}

impl<'a> Owner<'a> {
    /// A loan with a receipt, and beside it an open application with an offer, an account and references.
    async fn of_everything(house: &'a House) -> Self {
        let (officer, finance) = (house.staff(&["officer"]).await, house.staff(&["finance"]).await);
        let (Case { borrower, .. }, loan) =
            house.paid_out((&officer, &finance), "9876543210", (30_000, 3)).await;
        let received = finance.receive(&loan, &json!(500), "2026-01-05", "UTR-1").await.data();
        let application = borrower.apply(20_000, 6).await;
        borrower.give_references(&application).await.ok();
        officer.review(&application).await.ok();
        officer.approve(&application, 20_000, 6).await.ok();
        let accounts = borrower.get("/lending/api/bank-details").await.data();
        let account = id(&accounts["bank_details"][0]);
        borrower.choose_account(&application, &account).await.ok();
        let notices = borrower.get("/lending/api/notifications").await.data();
        let sessions = borrower.get("/lending/api/auth/sessions").await.data();
        let ids = BTreeMap::from([
            ("loan", loan),
            ("application", application),
            ("account", account),
            ("transaction", id(&received["transaction"])),
            ("notice", id(&notices["notifications"][0])),
            ("session", id(&sessions["sessions"][0])),
        ]);
        Self { person: borrower, ids }
    }

    /// Everything that the owner can see of what others might have touched.
    async fn view(&self) -> Vec<Value> {
        let mut seen = Vec::new();
        for path in [
            "auth/profile",
            "auth/sessions",
            "loan-applications",
            "loans",
            "transactions",
            "bank-details",
            "notifications",
        ] {
            seen.push(self.person.get(&format!("/lending/api/{path}")).await.data());
        }
        seen
    }
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("{value} has no id")).to_owned()
}

/// What the id in the path of each borrowers' endpoint names.
const IN_PATHS: &[(&str, &str)] = &[
    ("/api/auth/sessions/{id}", "session"),
    ("/api/bank-details/{applicationId}", "application"),
    ("/api/bank-details/{id}", "account"),
    ("/api/loan-applications/{id}", "application"),
    ("/api/loan-applications/{id}/accept", "application"),
    ("/api/loan-applications/{id}/accept/send-otp", "application"),
    ("/api/loan-applications/{id}/kfs", "application"),
    ("/api/loan-applications/{id}/offer", "application"),
    ("/api/loan-applications/{id}/withdraw", "application"),
    ("/api/loans/{id}", "loan"),
    ("/api/loans/{id}/foreclosure-quote", "loan"),
    ("/api/loans/{id}/no-dues-certificate", "loan"),
    ("/api/loans/{id}/payment-preview", "loan"),
    ("/api/loans/{id}/schedule", "loan"),
    ("/api/loans/{id}/statement", "loan"),
    ("/api/notifications/{id}/read", "notice"),
    ("/api/transactions/{id}", "transaction"),
];

/// What endpoints need besides the id to get as far as looking for it.
fn valid(path: &str) -> (&'static str, Value) {
    match path {
        "/api/loans/{id}/payment-preview" => ("?amount=500", json!({})),
        "/api/loan-applications/{id}/accept" => {
            ("", json!({ "kfs_hash": "0".repeat(64), "consent": true, "otp": "000000" }))
        }
        _ => ("", json!({})),
    }
}

/// The fields of bodies and queries of borrowers' endpoints that hold an id, with a request in which only that id is wrong: the
/// function, the field, and the request with `{name}` in place of ids.
const IN_FIELDS: &[(&str, &str, &str, &str)] = &[
    (
        "lending-add-bank-details",
        "application_id",
        "",
        r#"{"application_id": "{application}", "account_number": "50100123456780", "ifsc_code": "HDFC0001234",
            "account_holder_name": "Asha Verma"}"#,
    ),
    (
        "lending-choose-bank-details",
        "application_id",
        "",
        r#"{"application_id": "{application}", "bank_details_id": "{own account}"}"#,
    ),
    (
        "lending-choose-bank-details",
        "bank_details_id",
        "",
        r#"{"application_id": "{own application}", "bank_details_id": "{account}"}"#,
    ),
    (
        "lending-give-references",
        "application_id",
        "",
        r#"{"application_id": "{application}", "references": [
            {"name": "Ravi Verma", "phone": "9812345678", "relation": "spouse"},
            {"name": "Meera Iyer", "phone": "9812345679", "relation": "friend"}]}"#,
    ),
    ("lending-get-references", "application_id", "?application_id={application}", "{}"),
    ("lending-list-transactions", "loan", "?loan={loan}", "{}"),
];

/// Fields that look like an id of the house and are none of somebody's.
const NOT_OWNED: &[(&str, &str)] = &[
    // A letter's token, good for its addressee only; tried in its own test.
    ("lending-confirm-email", "token"),
];

#[tokio::test]
async fn somebody_elses_ids_are_not_there() {
    let house = House::open().await;
    let owner = Owner::of_everything(&house).await;
    let other = house.complete_borrower("9812300000").await;
    let own_application = other.apply(20_000, 6).await;
    let own_account = other.add_account(&own_application).await;
    let before = owner.view().await;

    let names: BTreeMap<_, _> = IN_PATHS.iter().copied().collect();
    let with_ids =
        |(_, route): &(&Function, &Route)| route.access.name == "borrower" && route.path.contains('{');
    let mut tried = 0;
    for (function, route) in routes().filter(with_ids) {
        let name = names.get(route.path).unwrap_or_else(|| {
            panic!("{}: say in IN_PATHS of {} what the id in {} names", function.name, file!(), route.path)
        });
        let (query, body) = valid(route.path);
        let path = format!("{}{query}", path_with(function, route, &owner.ids[name]));
        let body = route.method.is_unsafe().then_some(body);
        let answer = other.send(method(route), &path, body, &[]).await;
        assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"), "{}: {answer}", function.name);
        tried += 1;
    }
    assert!(tried >= 15, "only {tried} paths hold ids");

    for (function, field, query, body) in IN_FIELDS {
        let (function, route) = routes()
            .find(|(known, _)| known.name == *function)
            .unwrap_or_else(|| panic!("{function} is in IN_FIELDS of {} but not in the house", file!()));
        let fill = |text: &str| {
            let text =
                text.replace("{own application}", &own_application).replace("{own account}", &own_account);
            owner.ids.iter().fold(text, |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
        };
        let path = format!("{}{}", path_with(function, route, NOTHING), fill(query));
        let body = route.method.is_unsafe().then(|| serde_json::from_str(&fill(body)).unwrap_or_default());
        let answer = other.send(method(route), &path, body, &[]).await;
        assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"), "{} {field}: {answer}", function.name);
    }
    assert_eq!(owner.view().await, before, "nothing of the owner's has changed");
    let other_sees = other.get("/lending/api/loan-applications").await.data();
    assert_eq!(other_sees["total_applications"], 1);
}

/// The published document says which fields hold ids: by their name, or by their example.
#[tokio::test]
async fn every_field_that_holds_an_id_is_tried() {
    let house = House::open().await;
    let document = house.visitor().get("/lending/openapi.json").await.ok();
    let mut faults = Vec::new();
    for (function, route) in routes().filter(|(_, route)| route.access.name == "borrower") {
        let Some(operation) = operation(&document, route) else {
            faults.push(format!("{} is not in the document: run `cargo run -- derive`", function.name));
            continue;
        };
        let content = &operation["requestBody"]["content"]["application/json"]["schema"];
        let mut fields: Vec<(String, Value)> = properties(&document, content);
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let queries = parameters.into_iter().filter(|parameter| parameter["in"] == "query");
        fields.extend(queries.map(|query| (query["name"].as_str().unwrap_or_default().to_owned(), query)));
        for (field, schema) in fields.into_iter().filter(|(field, schema)| holds_an_id(field, schema)) {
            let tried =
                IN_FIELDS.iter().any(|(name, tried, ..)| (*name, *tried) == (function.name, field.as_str()));
            if !tried && !NOT_OWNED.contains(&(function.name, field.as_str())) {
                faults.push(format!(
                    "{}: add `{field}` to IN_FIELDS of {}: {schema}",
                    function.name,
                    file!()
                ));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What the document says of a route; how a parameter is called makes no difference to it.
fn operation<'a>(document: &'a Value, route: &Route) -> Option<&'a Value> {
    let nameless = |path: &str| -> String {
        let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
        segments.collect::<Vec<_>>().join("/")
    };
    let paths = document["paths"].as_object()?;
    let mut same = paths.iter().filter(|(path, _)| nameless(path) == nameless(route.path));
    same.find_map(|(_, item)| item.get(route.method.name().to_lowercase()))
}

fn properties(document: &Value, schema: &Value) -> Vec<(String, Value)> {
    let resolved = match schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => document.pointer(pointer).cloned().unwrap_or_default(),
        None => schema.clone(),
    };
    let properties = resolved["properties"].as_object().cloned().unwrap_or_default();
    properties.into_iter().collect()
}

fn holds_an_id(field: &str, schema: &Value) -> bool {
    let text = schema.to_string();
    let like_an_example =
        text.split('"').any(|word| word.split_once("_01J9").is_some_and(|(prefix, _)| prefix.len() <= 4));
    field == "id" || field.ends_with("_id") || field.ends_with("_ids") || like_an_example
}
