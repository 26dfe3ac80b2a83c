//! Every HTTP function of every wing × nobody, a made-up session, the wrong kind of caller, the wrong role. The list of functions is the
//! declarations themselves, so a new endpoint is in here before its author thinks of it.
use reqwest::Method;
use serde_json::json;
use shared::{
    function::{Function, Route},
    http::Credential,
};
use tests::House;

fn routes() -> impl Iterator<Item = (&'static Function, &'static Route)> {
    local::wings::all()
        .into_iter()
        .flat_map(|(_, functions)| functions.iter().copied())
        .filter_map(|function| Some((function, function.route()?)))
}

/// The path with something in place of its parameters.
fn path(function: &Function, route: &Route) -> String {
    let mut path = String::from(function.wing.base_path);
    for segment in route.path.split('/').skip(1) {
        path.push('/');
        path.push_str(if segment.starts_with('{') { "x_01J9ZQ6V0M8Q2W3E4R5T6Y7U8V" } else { segment });
    }
    path
}

fn method(route: &Route) -> Method {
    route.method.name().parse().expect("a method")
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
            assert_eq!(answer.status, 401, "{}: {answer:?}", function.name);
            assert_eq!(answer.body["code"], "NOT_SIGNED_IN", "{}: {answer:?}", function.name);
        }
        guarded += 1;
    }
    assert!(guarded >= 4, "only {guarded} endpoints ask who calls");
}

#[tokio::test]
async fn a_borrowers_session_opens_nothing_for_staff() {
    let house = House::open().await;
    let borrower = house.complete_borrower("9876543210").await;
    for (function, route) in routes().filter(|(_, route)| !route.access.roles.is_empty()) {
        let body = route.method.is_unsafe().then(|| json!({}));
        let answer = borrower.send(method(route), &path(function, route), body, &[]).await;
        assert_eq!(answer.status, 401, "{}: {answer:?}", function.name);
    }
}

#[tokio::test]
async fn ids_that_are_not_yours_are_not_there() {
    let house = House::open().await;
    let borrower = house.complete_borrower("9876543210").await;
    let of_borrowers = |(_, route): &(&Function, &Route)| route.access.name == "borrower" && route.path.contains('{');
    for (function, route) in routes().filter(of_borrowers).filter(|(_, route)| !route.method.is_unsafe()) {
        let answer = borrower.send(method(route), &path(function, route), None, &[]).await;
        // A query that lacks something may be refused first; nothing may be found, and nothing may break.
        assert!(matches!(answer.status, 404 | 400), "{}: {answer:?}", function.name);
    }
}
