//! Many at the same moment: whatever the order, the invariants hold. Each race is run in several rounds, and says what it saw.
use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, House, Person, paise};

const MOBILE: &str = "9876543210";

/// What came out of a race, by status and code, for people to read.
#[expect(clippy::print_stdout, reason = "the figures of a race are for whoever reads the test's output")]
fn outcomes(what: &str, answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(format!("{} {}", answer.status, answer.code()).trim().to_owned()).or_default() += 1;
    }
    println!("{what}: {counts:?}");
    counts
}

fn successes(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.is_success()).count()
}

/// Everybody who lost was told so, in words; nothing broke.
fn all_others_were_refused(answers: &[Answer], codes: &[&str]) {
    for answer in answers.iter().filter(|answer| !answer.is_success()) {
        assert!(codes.contains(&answer.code()), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_applications_of_one_borrower_at_once_are_one() {
    let house = House::open().await;
    let borrower = house.complete_borrower(MOBILE).await;
    for round in 1..=3 {
        let answers = join_all((0..50).map(|_| borrower.ask_for(50_000, 12))).await;
        outcomes(&format!("50 applications of one borrower, round {round}"), &answers);
        assert_eq!(successes(&answers), 1);
        all_others_were_refused(&answers, &["PENDING_APPLICATION_EXISTS"]);
        let list = borrower.get("/lending/api/loan-applications").await.data();
        assert_eq!(
            (&list["total_applications"], list["applications"].as_array().map(Vec::len)),
            (&json!(round), Some(round))
        );
        let open =
            list["applications"].as_array().into_iter().flatten().find(|one| one["status"] == "submitted");
        let open = open.and_then(|open| open["id"].as_str()).unwrap_or_default();
        let withdraw = format!("/lending/api/loan-applications/{open}/withdraw");
        let answers = join_all((0..10).map(|_| borrower.post(&withdraw, json!({})))).await;
        outcomes(&format!("10 withdrawals of it, round {round}"), &answers);
        assert_eq!(successes(&answers), 1);
        let summary = borrower.get("/lending/api/loan-applications/stats/summary").await.data();
        assert_eq!((&summary["total_applications"], &summary["submitted_count"]), (&json!(round), &json!(0)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forty_borrowers_at_once_get_forty_numbers_without_a_gap() {
    let house = House::open().await;
    let mut borrowers = Vec::new();
    for number in 0..40 {
        if number % 15 == 14 {
            // No more than twenty codes an hour go to one network.
            house.advance(SignedDuration::from_hours(1)).await;
        }
        borrowers.push(house.complete_borrower(&format!("98765{number:05}")).await);
    }
    let answers = join_all(borrowers.iter().map(|borrower| borrower.ask_for(50_000, 12))).await;
    outcomes("40 borrowers applying", &answers);
    assert_eq!(
        successes(&answers),
        40,
        "{}",
        answers.iter().find(|answer| !answer.is_success()).map(ToString::to_string).unwrap_or_default()
    );
    let numbers: BTreeSet<String> = answers
        .iter()
        .map(|answer| answer.body["data"]["application"]["application_number"].to_string())
        .collect();
    let wanted: BTreeSet<String> = (1..=40).map(|number| format!("\"PC-202601-{number:06}\"")).collect();
    assert_eq!(numbers, wanted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_sent_at_once_by_twenty_signs_in_one() {
    let house = House::open().await;
    for round in 0..3 {
        let mobile = format!("987654321{round}");
        let visitor = house.visitor();
        let sent = join_all(
            (0..10).map(|_| visitor.post("/lending/api/auth/send-otp", json!({ "mobile": mobile }))),
        )
        .await;
        outcomes("10 codes asked for", &sent);
        assert_eq!(successes(&sent), 1);
        all_others_were_refused(&sent, &["TOO_MANY_REQUESTS"]);
        let otp = house.code_sent_to(&format!("+91{mobile}"));
        let verify = json!({ "mobile": mobile, "otp": otp });
        let people: Vec<Person<'_>> = (0..20).map(|_| house.visitor()).collect();
        let answers =
            join_all(people.iter().map(|one| one.post("/lending/api/auth/verify-otp", verify.clone()))).await;
        outcomes("20 sign-ins with one code", &answers);
        assert_eq!(successes(&answers), 1);
        all_others_were_refused(&answers, &["INVALID_OTP", "OTP_SPENT"]);
        let mut winners = 0;
        for person in &people {
            winners += usize::from(person.get("/lending/api/auth/profile").await.is_success());
        }
        assert_eq!(winners, 1, "one session");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_in_parallel_gives_no_more_guesses() {
    let house = House::open().await;
    let visitor = house.visitor();
    visitor.post("/lending/api/auth/send-otp", json!({ "mobile": MOBILE })).await.ok();
    let right = house.code_sent_to(&format!("+91{MOBILE}"));
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let guess = json!({ "mobile": MOBILE, "otp": wrong });
    let answers =
        join_all((0..50).map(|_| visitor.post("/lending/api/auth/verify-otp", guess.clone()))).await;
    let counts = outcomes("50 wrong guesses", &answers);
    assert_eq!((counts["400 INVALID_OTP"], counts["400 OTP_SPENT"]), (5, 45));
    let verify = json!({ "mobile": MOBILE, "otp": right });
    visitor.post("/lending/api/auth/verify-otp", verify).await.refused(400, "OTP_SPENT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_is_signed_and_paid_out_once_and_every_receipt_is_booked_once() {
    let house = House::open().await;
    let (officer, finance) = (house.staff(&["officer"]).await, house.staff(&["finance"]).await);
    for round in 0..2 {
        let case = house.offered(&officer, &format!("987654321{round}"), 50_000, 12).await;
        let (borrower, application) = (&case.borrower, &*case.application);
        let account = borrower.add_account(application).await;
        borrower.choose_account(application, &account).await.ok();

        let signature = borrower.signature(application).await;
        let accept = format!("/lending/api/loan-applications/{application}/accept");
        let answers = join_all((0..5).map(|_| borrower.post(&accept, signature.clone()))).await;
        outcomes("5 signatures with one code", &answers);
        assert_eq!(successes(&answers), 1);
        all_others_were_refused(&answers, &["NOT_IN_THAT_STATE", "INVALID_OTP", "OTP_SPENT"]);
        assert_eq!(borrower.notified().await.len(), 3);

        let references: Vec<String> = (0..20).map(|number| format!("UTR-{round}-{number}")).collect();
        let answers =
            join_all(references.iter().map(|reference| finance.disburse(application, reference))).await;
        outcomes("20 payouts", &answers);
        assert_eq!(successes(&answers), 1);
        all_others_were_refused(&answers, &["NOT_IN_THAT_STATE", "CHANGED_MEANWHILE"]);
        let loans = borrower.get("/lending/api/loans").await.data();
        assert_eq!(loans["loans"].as_array().map(Vec::len), Some(1));
        let loan = loans["loans"][0]["id"].as_str().unwrap_or_default();
        receipts_at_once(&finance, borrower, loan, round).await;
    }
}

/// Ten receipts of ₹100 each with a reference of its own, and ten with one reference among them.
async fn receipts_at_once(finance: &Person<'_>, borrower: &Person<'_>, loan: &str, round: usize) {
    let reference = |number: usize| match number {
        0..10 => format!("R-{round}-{number}"),
        _ => format!("R-{round}-same"),
    };
    let receive =
        async |number: usize| finance.receive(loan, &json!(100), "2026-01-05", &reference(number)).await;
    let mut open: Vec<usize> = (0..20).collect();
    let (mut booked, mut tries) = (Vec::new(), 0);
    while !open.is_empty() {
        let answers = join_all(open.iter().map(|number| receive(*number))).await;
        outcomes(&format!("{} receipts", answers.len()), &answers);
        all_others_were_refused(&answers, &["RECEIPT_EXISTS", "CHANGED_MEANWHILE"]);
        // Whoever lost the race too often is told so and tries again, as a client would.
        let again: Vec<usize> = open
            .iter()
            .zip(&answers)
            .filter(|(_, answer)| answer.code() == "CHANGED_MEANWHILE")
            .map(|(n, _)| *n)
            .collect();
        booked.extend(
            open.iter().zip(&answers).filter(|(_, answer)| answer.is_success()).map(|(n, _)| reference(*n)),
        );
        open = again;
        tries += 1;
        assert!(tries < 10, "the same receipts lose every race: {open:?}");
    }
    booked.sort();
    let mut wanted: Vec<String> = (0..=10).map(reference).collect();
    wanted.sort();
    assert_eq!(booked, wanted, "each reference was booked once");
    let seen = borrower.of_loan(loan, "").await;
    assert_eq!(seen["payments"].as_array().map(Vec::len), Some(11));
    assert_eq!(paise(&seen["loan"]["on_account"]), 110_000);
    let trial = finance.get("/lending/api/admin/ledger/trial-balance").await.data();
    assert_eq!(trial["difference"], 0);
    let account = format!("/lending/api/admin/ledger/accounts/loans_receivable.INR.{loan}");
    assert_eq!(finance.get(&account).await.data()["balance"], 50_000);
    let first = seen["payments"][0]["transaction_id"].as_str().unwrap_or_default();
    let answers = join_all((0..10).map(|_| finance.reverse(first))).await;
    outcomes("10 reversals of one receipt", &answers);
    assert_eq!(successes(&answers), 1);
    all_others_were_refused(&answers, &["NOT_IN_THAT_STATE", "CHANGED_MEANWHILE"]);
    assert_eq!(paise(&borrower.of_loan(loan, "").await["loan"]["on_account"]), 100_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_officers_at_once_do_not_share_an_application() {
    let house = House::open().await;
    let officers = [house.staff(&["officer"]).await, house.staff(&["officer"]).await];
    for round in 0..3 {
        let case = house.applied(&format!("987654321{round}"), 50_000, 12).await;
        let answers = join_all((0..10).map(|number| officers[number % 2].review(&case.application))).await;
        outcomes("10 reviews by two officers", &answers);
        let winners: BTreeSet<String> =
            answers.iter().filter(|answer| answer.is_success()).map(|answer| answer.by.clone()).collect();
        assert_eq!(winners.len(), 1, "one officer has it: {winners:?}");
        all_others_were_refused(&answers, &["ALREADY_ASSIGNED", "CHANGED_MEANWHILE"]);
        assert_eq!(
            case.borrower.notified().await.len(),
            2,
            "the borrower hears once that it is under review"
        );

        let decide = async |number: usize| match number % 2 {
            0 => officers[0].approve(&case.application, 50_000, 12).await,
            _ => officers[1].reject(&case.application, "outside_policy").await,
        };
        let answers = join_all((0..10).map(decide)).await;
        outcomes("5 approvals and 5 rejections", &answers);
        assert_eq!(successes(&answers), 1);
        all_others_were_refused(&answers, &["NOT_IN_THAT_STATE", "CHANGED_MEANWHILE"]);
        assert_eq!(case.borrower.notified().await.len(), 3);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_admins_who_disable_each_other_at_once_one_stays() {
    let house = House::open().await;
    let mut stays = house.admin().await;
    for round in 0..3 {
        let other = if round == 0 {
            house.staff(&["admin"]).await
        } else {
            stays.brings_in(&format!("admin{round}@lender.example"), &["admin"]).await
        };
        let of = |person: &Person<'_>| format!("/lending/api/admin/admin-users/{}/status", person.name());
        let version = async |person: &Person<'_>| person.get("/lending/api/admin/auth/me").await.version();
        let (mine, theirs) = (version(&stays).await, version(&other).await);
        let gone = json!({ "status": "disabled", "reason": "Seen by the tests" });
        let disable = async |by: &Person<'_>, whom: &Person<'_>, version: &str| {
            by.send(Method::PUT, &of(whom), Some(gone.clone()), &[("if-match", version)]).await
        };
        let (one, two) = tokio::join!(disable(&stays, &other, &theirs), disable(&other, &stays, &mine));
        let answers = [one, two];
        outcomes(&format!("two admins disable each other, round {round}"), &answers);
        assert_eq!(successes(&answers), 1);
        all_others_were_refused(
            &answers,
            &["LAST_ADMIN", "ACCOUNT_BLOCKED", "NOT_SIGNED_IN", "CHANGED_MEANWHILE"],
        );
        let alive = async |person: &Person<'_>| person.get("/lending/api/admin/admin-users").await;
        let (left, right) = (alive(&stays).await, alive(&other).await);
        assert_ne!(left.is_success(), right.is_success(), "one can work, the other cannot: {left} {right}");
        if right.is_success() {
            stays = other;
        }
        let members = stays.get("/lending/api/admin/admin-users?limit=100").await.data();
        let active = members["members"].as_array().into_iter().flatten();
        assert_eq!(active.filter(|member| member["status"] == "active").count(), 1);
        let myself = of(&stays);
        let me: Value = gone.clone();
        let last = stays.send(Method::PUT, &myself, Some(me), &[("if-match", &version(&stays).await)]).await;
        last.refused(409, "LAST_ADMIN");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_pan_belongs_to_one_borrower_whoever_asks_at_the_same_moment() {
    let house = House::open().await;
    let mut borrowers = Vec::new();
    for number in 0..10 {
        borrowers.push(house.borrower(&format!("987654321{number}")).await);
    }
    let basic = |number: usize| {
        json!({
            "full_name": "Asha Verma", "date_of_birth": "1994-07-21", "gender": "female",
            "pan": "ABCDE1234F", "email": format!("asha{number}@example.in"),
        })
    };
    let give = async |(number, borrower): (usize, &Person<'_>)| {
        borrower.put("/lending/api/user/profile/basic", basic(number)).await
    };
    let answers = join_all(borrowers.iter().enumerate().map(give)).await;
    outcomes("10 borrowers with one PAN", &answers);
    assert_eq!(successes(&answers), 1);
    all_others_were_refused(&answers, &["DUPLICATE_ENTRY"]);
}
