//! `POST /api/loan-applications/apply`: a borrower with a complete profile asks for a loan.
use axum::{extract::State, routing::post};
use jiff::civil::Date;
use serde::Serialize;
use shared::{
    app::App,
    clock::{day_in, india},
    deserr::Deserr,
    error::{Error, FieldError},
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, Line, Reply},
    id::Id,
    messages::notice,
    money::Rupees,
    table::{Stored, Write, retry_lost_race},
};
use utoipa::ToSchema;

use super::{ApplicationView, NextStep};
use crate::{
    WING,
    access::{BORROWER, Borrower},
    application::{ApplicationId, Asked, LoanApplication, NumberSequence, PendingApplication},
    borrower::{Step, User},
    codes,
    consumers::on_offer_due,
    loan::{
        eligibility::hold_on,
        product::{Product, Refusal},
    },
    notices,
    product::{self, Percent, ProductCode},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-apply-for-loan",
    module: module_path!(),
    wing: &WING,
    summary: "Apply for a loan",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/loan-applications/apply",
        access: BORROWER,
        idempotent: true,
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>().created(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get, Need::BatchGet, Need::Put, Need::Update, Need::Delete],
    ..Function::ENDPOINT
};

/// What is asked for.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// Within the limits of the product.
    #[schema(value_type = f64, example = 50_000)]
    loan_amount: Rupees,
    /// Within the limits of the product.
    #[schema(example = 12)]
    tenure_months: u16,
    #[schema(value_type = String, example = "A new roof")]
    loan_purpose: Line<3, 200>,
    /// If given, it must be ours.
    #[deserr(default)]
    #[schema(value_type = Option<f64>, example = 18)]
    interest_rate: Option<Percent>,
    /// If given, it must be ours.
    #[deserr(default)]
    #[schema(value_type = Option<f64>, example = 4584)]
    emi_amount: Option<Rupees>,
    /// The code of the product; without it, the usual one.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "personal")]
    product: Option<ProductCode>,
}

/// The application, and how it goes on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    application: ApplicationView,
    next_steps: Vec<NextStep>,
}

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let today = day_in(app.now(), &india());
    check_profile(&user, today)?;
    let code = request.product.as_ref().map_or(product::DEFAULT_CODE, ProductCode::as_str);
    let product = product::find(app.table(), code).await?.filter(|product| product.active);
    let product = product.ok_or_else(unknown_product)?.terms;
    let quote = quote(&product, &request, today)?;

    let (app, user, request, quote) = (&app, &user, &request, &quote);
    let application = retry_lost_race(TRIES, move || submit(app, user, request, quote)).await?;
    let next_steps = NextStep::after(application.status);
    let response = Response { application: ApplicationView::of(&application, app.now()), next_steps };
    Ok(Reply::created("We have your application", response))
}

/// The number of the application is the one thing that all borrowers of a month take in turn; whoever finds it taken comes again.
const TRIES: u32 = 60;

fn check_profile(user: &User, today: Date) -> Result<(), Error> {
    let step = user.profile_completion_step;
    let incomplete = || Error::new(codes::PROFILE_INCOMPLETE).with("profile_completion_step", step.number());
    let (Step::Complete, Some(basic), Some(additional)) = (step, &user.basic, &user.additional) else {
        return Err(incomplete().with("next_step", step.next()));
    };
    match hold_on(basic.date_of_birth, additional.occupation, today) {
        None => Ok(()),
        Some(hold) => Err(Error::new(codes::NOT_ELIGIBLE)
            .saying(hold.to_string())
            .with("reason", serde_json::to_value(hold).map_err(Error::internal)?)),
    }
}

fn unknown_product() -> Error {
    Error::invalid_field("product", "choice", "must be the code of a product on offer")
}

/// What the product says to the request.
struct Quote {
    product: String,
    rate: Percent,
    emi: Rupees,
}

fn quote(product: &Product, request: &Request, today: Date) -> Result<Quote, Error> {
    let refusals = product.check(request.loan_amount.0, request.tenure_months);
    if !refusals.is_empty() {
        return Err(Error::invalid(refusals.into_iter().map(beyond_limit).collect()));
    }
    let schedule = product.terms(request.loan_amount.0, request.tenure_months, today).schedule();
    let (rate, emi) =
        (Percent(product.annual_rate_pct), Rupees::from(schedule.map_err(Error::internal)?.emi));
    let rate_differs = request.interest_rate.is_some_and(|theirs| theirs.0 != rate.0);
    let emi_differs = request.emi_amount.is_some_and(|theirs| theirs.0 != emi.0);
    if rate_differs || emi_differs {
        return Err(Error::new(codes::RATE_MISMATCH)
            .with("interest_rate", serde_json::to_value(rate).map_err(Error::internal)?)
            .with("emi_amount", serde_json::to_value(emi).map_err(Error::internal)?));
    }
    Ok(Quote { product: product.code.clone(), rate, emi })
}

fn beyond_limit(refusal: Refusal) -> FieldError {
    let field = match refusal {
        Refusal::AmountTooSmall(_) | Refusal::AmountTooLarge(_) => "loan_amount",
        Refusal::TenureTooShort(_) | Refusal::TenureTooLong(_) => "tenure_months",
    };
    FieldError { field: field.to_owned(), rule: "range", message: refusal.to_string() }
}

/// One try: refused while another application is open, `CHANGED_MEANWHILE` when the number went to somebody else.
async fn submit(
    app: &App,
    user: &Stored<User>,
    request: &Request,
    quote: &Quote,
) -> Result<LoanApplication, Error> {
    let now = app.now();
    let marks = app.table().get_two(PendingApplication::at(user.id), NumberSequence::at(now));
    let (pending, sequence) = marks.await?;
    if let Some(pending) = pending {
        make_way(app, user, pending.application).await?;
    }
    let asked = Asked {
        product: quote.product.clone(),
        loan_amount: request.loan_amount.0,
        tenure_months: request.tenure_months,
        purpose: request.loan_purpose.clone().into(),
        annual_rate_pct: quote.rate.0,
        emi: quote.emi.0,
    };
    let id = Id::new(now, app.random());
    // First the mark, so that a second open application hears of it rather than of a lost race.
    let write = Write::new()
        .create(&PendingApplication { user: user.id, application: id })
        .or_seeing(|open: Option<PendingApplication>| under_way(open.map(|open| open.application)));
    let (number, write) = NumberSequence::take_next(sequence, now, write);
    let application = LoanApplication::new(id, number, user.id, asked, now);
    let write = application.open(write);
    let (number, amount) = (&application.number, application.loan_amount.to_string());
    let values = [("number", number.as_str()), ("amount", amount.as_str())];
    let told = notices::recipient(user);
    let write = notice::tell(write, app, &WING, &told, &notices::APPLICATION_RECEIVED, &values)?;
    app.table().write(write).await?;
    Ok(application)
}

/// Lets go of an open application whose time is over by the clock, though the sweep has not come by; refuses otherwise.
async fn make_way(app: &App, user: &User, open: ApplicationId) -> Result<(), Error> {
    if let Some(application) = app.table().get(LoanApplication::at(user.id, open)).await?
        && on_offer_due::run_out(app, user, application).await?
    {
        return Ok(());
    }
    Err(under_way(Some(open)))
}

fn under_way(open: Option<ApplicationId>) -> Error {
    let error = Error::new(codes::PENDING_APPLICATION_EXISTS);
    match open {
        Some(open) => error.with("application_id", open.to_string()),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::{Value, json};
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        application::{ApplicationStats, LoanApplication},
        endpoints::{
            applications::{list, withdraw},
            profile::{update_additional, update_basic},
        },
        loan::state::ApplicationStatus,
        testing::{
            additional_details, applied, approved, basic_details, basic_done, profile_done, signed_in,
        },
    };

    fn wish() -> Value {
        json!({ "loan_amount": 50_000, "tenure_months": 12, "loan_purpose": "A new roof" })
    }

    async fn apply(stand: &Stand, cookie: &str, changes: Value) -> Answer {
        let mut body = wish();
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        stand.call(&FUNCTION).cookie(cookie).json(body).await
    }

    #[tokio::test]
    async fn a_borrower_with_a_complete_profile_applies_and_is_told() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let answer = apply(&stand, &cookie, json!({ "interest_rate": 18, "emi_amount": 4584.0 })).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let application = &answer.body["data"]["application"];
        assert_eq!(application["application_number"], "PC-202601-000001");
        assert_eq!(application["status"], "submitted");
        assert_eq!((&application["interest_rate"], &application["emi_amount"]), (&json!(18), &json!(4584)));
        assert_eq!(answer.body["data"]["next_steps"][0]["step"], "give_employment_details");
        assert_eq!(answer.cost.calls, 4);
        let stored = stand.everything_stored().await;
        assert!(stored.contains("We have your application"));
    }

    #[tokio::test]
    async fn the_profile_comes_first() {
        let stand = Stand::new().await;
        for (cookie, step) in
            [(signed_in(&stand, "9876543210").await, 2), (basic_done(&stand, "9876543211").await, 3)]
        {
            let answer = apply(&stand, &cookie, json!({})).await;
            assert_eq!((answer.status, answer.code()), (403, "PROFILE_INCOMPLETE"));
            assert_eq!(answer.body["data"]["profile_completion_step"], step);
        }
    }

    #[tokio::test]
    async fn age_and_occupation_hold_with_their_reason() {
        let stand = Stand::new().await;
        for (n, born, occupation, reason) in [
            (0, "1978-01-01", "salaried", "salaried_over45"),
            (1, "2007-06-01", "student", "student_under19"),
            (2, "1978-01-01", "self_employed", ""),
        ] {
            let mobile = format!("987654321{n}");
            let cookie = signed_in(&stand, &mobile).await;
            let mut basic = basic_details(&mobile);
            basic["date_of_birth"] = json!(born);
            assert_eq!(stand.call(&update_basic::FUNCTION).cookie(&cookie).json(basic).await.status, 200);
            let mut additional = additional_details();
            additional["occupation"] = json!(occupation);
            let answer = stand.call(&update_additional::FUNCTION).cookie(&cookie).json(additional).await;
            assert_eq!(answer.status, 200);
            let answer = apply(&stand, &cookie, json!({})).await;
            if reason.is_empty() {
                assert_eq!(answer.status, 201, "{answer:?}");
            } else {
                assert_eq!((answer.status, answer.code()), (403, "NOT_ELIGIBLE"));
                assert_eq!(answer.body["data"]["reason"]["code"], reason);
            }
        }
    }

    #[tokio::test]
    async fn the_limits_of_the_product_are_named_field_by_field() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let wrong = [
            (json!({ "loan_amount": 4999.99, "tenure_months": 2 }), vec!["loan_amount", "tenure_months"]),
            (json!({ "loan_amount": 500_000.01 }), vec!["loan_amount"]),
            (json!({ "tenure_months": 37 }), vec!["tenure_months"]),
            (json!({ "product": "gold" }), vec!["product"]),
            (
                json!({ "loan_amount": 1.005, "loan_purpose": "x", "fee": 1 }),
                vec!["fee", "loan_amount", "loan_purpose"],
            ),
        ];
        for (changes, fields) in wrong {
            let answer = apply(&stand, &cookie, changes).await;
            assert_eq!((answer.status, answer.code()), (400, "VALIDATION_FAILED"));
            assert_eq!(answer.wrong_fields(), fields);
        }
    }

    #[tokio::test]
    async fn a_rate_or_an_instalment_of_the_clients_own_is_refused() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        for theirs in [json!({ "interest_rate": 17.99 }), json!({ "emi_amount": 4583.99 })] {
            let answer = apply(&stand, &cookie, theirs).await;
            assert_eq!((answer.status, answer.code()), (400, "RATE_MISMATCH"));
            assert_eq!(answer.body["data"], json!({ "interest_rate": 18, "emi_amount": 4584 }));
        }
    }

    #[tokio::test]
    async fn one_application_at_a_time_and_the_open_one_is_named() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let first = applied(&stand, &cookie).await;
        let answer = apply(&stand, &cookie, json!({})).await;
        assert_eq!((answer.status, answer.code()), (409, "PENDING_APPLICATION_EXISTS"));
        assert_eq!(answer.body["data"]["application_id"], first);
        let withdrawn = stand.call(&withdraw::FUNCTION).cookie(&cookie).path("id", &first).await;
        assert_eq!(withdrawn.status, 200, "{withdrawn:?}");
        let answer = apply(&stand, &cookie, json!({})).await;
        assert_eq!(answer.body["data"]["application"]["application_number"], "PC-202601-000002");
    }

    #[tokio::test]
    async fn fifty_applications_of_one_borrower_at_the_same_moment_are_one() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let answers = futures::future::join_all((0..50).map(|_| apply(&stand, &cookie, json!({})))).await;
        let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(made.len(), 1);
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            assert_eq!((answer.status, answer.code()), (409, "PENDING_APPLICATION_EXISTS"));
            assert_eq!(answer.body["data"]["application_id"], made[0].body["data"]["application"]["id"]);
        }
        let listed = stand.call(&list::FUNCTION).cookie(&cookie).await;
        assert_eq!(listed.body["data"]["total_applications"], 1);
        // The forty-nine took no number with them.
        let bela = profile_done(&stand, "9876543211").await;
        let next = apply(&stand, &bela, json!({})).await;
        assert_eq!(next.body["data"]["application"]["application_number"], "PC-202601-000002");
    }

    #[tokio::test]
    async fn what_waits_is_found_oldest_first_within_its_dates() {
        let stand = Stand::new().await;
        let begin = stand.now();
        let mut made = Vec::new();
        for n in 0..3 {
            let cookie = profile_done(&stand, &format!("987654321{n}")).await;
            made.push(applied(&stand, &cookie).await);
            stand.advance(SignedDuration::from_hours(24));
        }
        let waiting = async |from: i64, to: i64, status| {
            let day = |n| begin + SignedDuration::from_hours(24 * n);
            let pattern = LoanApplication::in_status(status, day(from), day(to));
            let found = stand.table().list(&pattern, 10).await.unwrap();
            found.iter().map(|application| application.id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(waiting(0, 9, ApplicationStatus::Submitted).await, made);
        assert_eq!(waiting(1, 1, ApplicationStatus::Submitted).await, made[1..2], "both ends are included");
        assert!(waiting(0, 9, ApplicationStatus::Approved).await.is_empty());
        approved(&stand, &made[1]).await;
        assert_eq!(waiting(0, 9, ApplicationStatus::Approved).await, made[1..2]);
        assert_eq!(waiting(0, 9, ApplicationStatus::Submitted).await, [made[0].clone(), made[2].clone()]);
    }

    #[tokio::test]
    async fn thirty_borrowers_at_the_same_moment_get_numbers_without_a_gap() {
        let stand = Stand::new().await;
        let mut cookies = Vec::new();
        for n in 0..30 {
            let mobile = format!("98765432{n:02}");
            // Every number of the test network stays below its limit of codes.
            cookies.push(profile_done(&stand, &mobile).await);
            stand.advance(SignedDuration::from_mins(6));
        }
        let answers =
            futures::future::join_all(cookies.iter().map(|cookie| apply(&stand, cookie, json!({})))).await;
        let mut numbers: Vec<String> = answers
            .iter()
            .map(|answer| {
                assert_eq!(answer.status, 201, "{answer:?}");
                answer.body["data"]["application"]["application_number"].as_str().unwrap().to_owned()
            })
            .collect();
        numbers.sort();
        let expected: Vec<String> = (1..=30).map(|n| format!("PC-202601-{n:06}")).collect();
        assert_eq!(numbers, expected);
        let house = stand.table().get_all(&ApplicationStats::of_the_house()).await.unwrap();
        let house = ApplicationStats::sum(house.iter().map(|part| &part.value));
        assert_eq!((house.total, house.submitted), (30, 30));
    }

    #[tokio::test]
    async fn the_same_key_answers_again_and_a_changed_body_is_refused() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let with_key =
            |body: Value| stand.call(&FUNCTION).cookie(&cookie).header("idempotency-key", "k-1").json(body);
        let first = with_key(wish()).await;
        assert_eq!(first.status, 201, "{first:?}");
        let again = with_key(wish()).await;
        assert_eq!((again.status, &again.body), (201, &first.body));
        assert_eq!(again.headers["idempotent-replayed"], "true");
        let mut other = wish();
        other["loan_amount"] = json!(60_000);
        assert_eq!(with_key(other).await.code(), "IDEMPOTENCY_KEY_REUSED");
    }

    #[tokio::test]
    async fn an_offer_that_ran_out_by_the_clock_makes_way_before_the_sweep_comes() {
        let stand = Stand::new().await;
        let mobile = "9876543210";
        let cookie = profile_done(&stand, mobile).await;
        let first = applied(&stand, &cookie).await;
        approved(&stand, &first).await;
        assert_eq!(apply(&stand, &cookie, json!({})).await.status, 409);
        stand.advance(SignedDuration::from_hours(24 * 8));
        let cookie = signed_in(&stand, mobile).await;
        assert_eq!(apply(&stand, &cookie, json!({})).await.status, 201);
        let listed = stand.call(&list::FUNCTION).cookie(&cookie).await;
        assert_eq!(listed.body["data"]["statistics"]["expired_count"], 1);
    }
}
