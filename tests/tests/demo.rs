//! The data of `--demo`: made through the public API, so it can only be what the house allows.
use std::collections::BTreeSet;

use local::{cli, demo};
use tests::House;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_refuses_nothing_and_shows_every_role_and_stage() {
    let house = House::open().await;
    let demo = demo::fill(&house.cloud).await;
    assert_eq!(demo.refused, [""; 0]);
    let shown: BTreeSet<&str> = demo.sign_ins.iter().map(|sign_in| sign_in.as_what).collect();
    let wanted = [
        "admin",
        "borrower, has a loan",
        "borrower, has an offer",
        "borrower, has applied",
        "finance",
        "officer",
    ];
    assert_eq!(shown, wanted.into());
    let text = cli::who_is_who(&demo);
    for sign_in in &demo.sign_ins {
        assert!(text.contains(&sign_in.cookie) && text.contains(&sign_in.name), "{text}");
        let own = if sign_in.cookie.starts_with("__Host-staff") { "admin/auth/me" } else { "auth/profile" };
        let me = format!("/lending/api/{own}");
        let answer =
            house.visitor().send(reqwest::Method::GET, &me, None, &[("cookie", &sign_in.cookie)]).await;
        assert!(answer.is_success(), "{}: {answer}", sign_in.name);
    }
    assert!(demo.sign_ins.iter().any(|sign_in| sign_in.name.contains("authenticator ")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_demo_on_the_same_data_says_what_it_could_not_do() {
    let house = House::open().await;
    demo::fill(&house.cloud).await;
    let again = demo::fill(&house.cloud).await;
    assert!(again.sign_ins.is_empty(), "{again:?}");
    assert!(!again.refused.is_empty());
}
