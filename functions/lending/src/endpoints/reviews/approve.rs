//! `POST /api/admin/loan-applications/{id}/approve`: an application becomes an offer with its Key Fact Statement.
//!
//! Above the setting `maker_checker_limit` two people are needed: the first call leaves a proposal, and the same call with the
//! same terms by somebody else makes the offer. A call with other terms is a new proposal.
use axum::{extract::State, routing::post};
use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use serde::Serialize;
use shared::{
    app::App,
    audit::{Actor, Entry},
    clock::{day_in, india},
    deserr::Deserr,
    error::{Error, FieldError},
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, IfMatch, Line, Path, Reply},
    messages::notice,
    money::{Paise, Rupees},
    table::{Index, Stored, Write},
};
use utoipa::ToSchema;

use super::{Case, Decided};
use crate::{
    WING,
    access::{OFFICER_OR_ADMIN, Staff},
    application::{ApplicationId, Approval, LoanApplication, Offer, limit},
    borrower::User,
    codes as lending_codes,
    endpoints::applications::OfferView,
    loan::{
        product::{Fees, Product, Refusal},
        state::{ApplicationEvent, ApplicationStatus},
    },
    notices,
    product::{self, Percent},
    settings::{MAKER_CHECKER_LIMIT, Settings},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-approve-application",
    module: module_path!(),
    wing: &WING,
    summary: "Approve a loan application",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/admin/loan-applications/{id}/approve",
        access: OFFICER_OR_ADMIN,
        idempotent: true,
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[
        Need::QueryIndex(Index::Gsi1),
        Need::BatchGet,
        Need::Get,
        Need::Query,
        Need::Put,
        Need::Update,
        Need::Delete,
    ],
    ..Function::ENDPOINT
};

/// Fees beside or in place of the product's.
const MOST_FEES: usize = 5;

/// The terms of the offer.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// Not above what was asked for, the product, and what the borrower's income bears.
    #[schema(value_type = f64, example = 50_000)]
    approved_amount: Rupees,
    /// Per cent a year; not above the product's, which is what the borrower was shown.
    #[schema(value_type = f64, example = 18)]
    interest_rate: Percent,
    /// Within the limits of the product.
    #[schema(example = 12)]
    tenure_months: u16,
    /// In place of the product's, at most five; tax is added.
    #[deserr(default)]
    fees: Option<Vec<AskedFee>>,
}

/// A fee that is kept back at disbursal.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct AskedFee {
    /// As the borrower reads it.
    #[schema(value_type = String, example = "Processing fee")]
    name: Line<2, 60>,
    /// Without tax.
    #[schema(value_type = f64, example = 1000)]
    amount: Rupees,
}

/// How it stands now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Approved)]
pub struct Response {
    #[schema(value_type = String)]
    id: ApplicationId,
    status: ApplicationStatus,
    /// Somebody else must send the same terms before there is an offer.
    awaits_second_approval: bool,
    /// What the borrower may accept.
    offer: Option<OfferView>,
    /// For `If-Match`.
    version: u64,
}

async fn handle(
    State(app): State<App>,
    Staff { actor, .. }: Staff,
    Path(id): Path<ApplicationId>,
    if_match: IfMatch,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let case = Case::load(&app, id).await?;
    if_match.check(case.application.revision())?;
    case.application.status.apply(ApplicationEvent::Approve)?;
    let today = day_in(app.now(), &india());
    let product = product::find(app.table(), &case.application.product).await?;
    let product = product.ok_or_else(|| Error::internal("the product of an application is gone"))?.terms;
    let terms = Terms::of(&request, &case.application, product)?;
    check_borrower(&app, &case, &terms, today).await?;

    let settings = Settings::load(app.table()).await?;
    let needs_two = terms.amount > settings.of(&MAKER_CHECKER_LIMIT).0;
    let approval =
        match (needs_two, case.application.approval.as_ref().filter(|proposed| terms.are(proposed))) {
            (true, None) => return propose(&app, &actor, case.application, terms).await,
            (true, Some(proposed)) if proposed.approved_by == actor.id => {
                return Err(lending_codes::MAKER_IS_CHECKER.into());
            }
            (true, Some(proposed)) => Approval { checked_by: Some(actor.id.clone()), ..proposed.clone() },
            (false, _) => terms.approval(&actor, app.now()),
        };
    let kfs = approval.statement(&case.application.number, settings.grievance_contact(), today);
    let offer = Offer::of(kfs.map_err(Error::internal)?).map_err(Error::internal)?;
    make_offer(&app, &actor, case.application, &case.user, approval, offer).await
}

/// What is granted, checked against what was asked for and what the product allows.
struct Terms {
    amount: Paise,
    annual_rate_pct: Decimal,
    tenure_months: u16,
    fees: Fees,
    product: Product,
}

impl Terms {
    fn of(request: &Request, application: &LoanApplication, mut product: Product) -> Result<Self, Error> {
        let (amount, tenure_months) = (request.approved_amount.0, request.tenure_months);
        let fees = match &request.fees {
            None => product.fees(amount),
            Some(asked) => Fees(
                asked.iter().map(|fee| product.fee(String::from(fee.name.clone()), fee.amount.0)).collect(),
            ),
        };
        let mut wrong: Vec<FieldError> =
            product.check(amount, tenure_months).into_iter().map(beyond_limit).collect();
        let mut refuse = |is_wrong: bool, field: &str, message: &str| {
            if is_wrong {
                wrong.push(FieldError {
                    field: field.to_owned(),
                    rule: "range",
                    message: message.to_owned(),
                });
            }
        };
        let above_asked = amount > application.loan_amount;
        refuse(above_asked, "approved_amount", "must not be above what was asked for");
        let above_product = request.interest_rate.0 > product.annual_rate_pct;
        refuse(above_product, "interest_rate", "must not be above the rate of the product");
        refuse(fees.0.len() > MOST_FEES, "fees", "must be at most five");
        let negative = fees.0.iter().any(|fee| !fee.amount.is_positive());
        refuse(negative, "fees", "must be more than nothing each");
        refuse(fees.total() >= amount, "fees", "must leave something of the loan");
        if !wrong.is_empty() {
            return Err(Error::invalid(wrong));
        }
        product.annual_rate_pct = request.interest_rate.0;
        Ok(Self { amount, annual_rate_pct: request.interest_rate.0, tenure_months, fees, product })
    }

    /// Whether somebody proposed exactly these. A product that changed meanwhile makes other terms.
    fn are(&self, proposed: &Approval) -> bool {
        (proposed.amount, proposed.annual_rate_pct, proposed.tenure_months)
            == (self.amount, self.annual_rate_pct, self.tenure_months)
            && (&proposed.fees, &proposed.product) == (&self.fees, &self.product)
    }

    fn approval(self, maker: &Actor, now: Timestamp) -> Approval {
        Approval {
            amount: self.amount,
            annual_rate_pct: self.annual_rate_pct,
            tenure_months: self.tenure_months,
            fees: self.fees,
            product: self.product,
            approved_by: maker.id.clone(),
            approved_at: now,
            checked_by: None,
        }
    }
}

fn beyond_limit(refusal: Refusal) -> FieldError {
    let field = match refusal {
        Refusal::AmountTooSmall(_) | Refusal::AmountTooLarge(_) => "approved_amount",
        Refusal::TenureTooShort(_) | Refusal::TenureTooLong(_) => "tenure_months",
    };
    FieldError { field: field.to_owned(), rule: "range", message: refusal.to_string() }
}

/// The borrower must have told enough, must not be blocked, and must be able to bear it.
async fn check_borrower(app: &App, case: &Case, terms: &Terms, today: Date) -> Result<(), Error> {
    if case.user.is_blocked() {
        return Err(lending_codes::BORROWER_BLOCKED.into());
    }
    let sections =
        [(case.employment.is_some(), "employment_details"), (case.finances.is_some(), "financial_details")];
    let missing: Vec<&str> =
        sections.into_iter().filter_map(|(given, name)| (!given).then_some(name)).collect();
    let limit = limit(app.table(), &case.user, case.finances.as_deref(), &terms.product, today).await?;
    let Some(limit) = limit.filter(|_| missing.is_empty()) else {
        return Err(Error::new(lending_codes::DETAILS_MISSING).with("missing", missing));
    };
    if terms.amount > limit.max_amount {
        let most = serde_json::to_value(Rupees::from(limit.max_amount)).map_err(Error::internal)?;
        return Err(Error::new(lending_codes::ABOVE_SANCTIONED_LIMIT).with("max_amount", most));
    }
    Ok(())
}

/// Leaves a proposal that waits for its checker.
async fn propose(
    app: &App,
    actor: &Actor,
    mut application: Stored<LoanApplication>,
    terms: Terms,
) -> Result<Reply<Response>, Error> {
    let before = Decided::of(&application);
    application.approval = Some(terms.approval(actor, app.now()));
    application.updated_at = app.now();
    let after = Decided::of(&application);
    let line = Entry::new(app, &WING, actor, "propose_approval", application.id, &before, &after)?;
    app.table().write(Write::new().replace(&application).create(&line)).await?;
    Ok(reply("Somebody else must approve the same terms", &application, true))
}

async fn make_offer(
    app: &App,
    actor: &Actor,
    mut application: Stored<LoanApplication>,
    user: &User,
    approval: Approval,
    offer: Offer,
) -> Result<Reply<Response>, Error> {
    let before = Decided::of(&application);
    let valid_until = offer.kfs.valid_until.to_string();
    let moved = application.approve(approval, offer, None, app.now())?;
    let after = Decided::of(&application);
    let line = Entry::new(app, &WING, actor, "approve_application", application.id, &before, &after)?;
    let write = moved.record(Write::new(), &application).create(&line);
    let amount = application.approval.as_ref().map_or(Paise::ZERO, |approval| approval.amount).to_string();
    let values =
        [("number", application.number.as_str()), ("amount", &amount), ("valid_until", &valid_until)];
    let told = notices::recipient(user);
    app.table()
        .write(notice::tell(write, app, &WING, &told, &notices::APPLICATION_APPROVED, &values)?)
        .await?;
    Ok(reply("The offer lies before the borrower", &application, false))
}

fn reply(
    message: &'static str,
    application: &Stored<LoanApplication>,
    awaits_second_approval: bool,
) -> Reply<Response> {
    let version = application.revision() + 1;
    let response = Response {
        id: application.id,
        status: application.status,
        awaits_second_approval,
        offer: application.offer.as_ref().map(OfferView::from),
        version,
    };
    Reply::ok(message, response).version(version)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::{
            applications::{self, apply},
            employment, finances,
            reviews::review,
            settings,
        },
        testing::{
            SignedInStaff, employment_details, financial_details, profile_done, staff_member,
            staff_signed_in, stored_application,
        },
    };

    struct Desk {
        stand: Stand,
        borrower: String,
        officer: SignedInStaff,
        id: String,
    }

    /// An application for this amount over 24 months, under review by an officer.
    async fn desk(amount: u32) -> Desk {
        let stand = Stand::new().await;
        let borrower = profile_done(&stand, "9876543210").await;
        let body = json!({ "loan_amount": amount, "tenure_months": 24, "loan_purpose": "A new roof" });
        let answer = stand.call(&apply::FUNCTION).cookie(&borrower).json(body).await;
        let id = answer.body["data"]["application"]["id"].as_str().unwrap().to_owned();
        let officer = staff_member(&stand, &["officer"]).await;
        assert_eq!(stand.call(&review::FUNCTION).cookie(&officer.cookie).path("id", &id).await.status, 200);
        Desk { stand, borrower, officer, id }
    }

    impl Desk {
        async fn with_details(self) -> Self {
            let call = self.stand.call(&employment::add::FUNCTION).cookie(&self.borrower);
            assert_eq!(call.json(employment_details()).await.status, 201);
            let call = self.stand.call(&finances::add::FUNCTION).cookie(&self.borrower);
            assert_eq!(call.json(financial_details()).await.status, 201);
            self
        }

        async fn approve(&self, cookie: &str, changes: Value) -> Answer {
            let mut body = json!({ "approved_amount": 50_000, "interest_rate": 18, "tenure_months": 12 });
            for (name, value) in changes.as_object().unwrap() {
                body[name] = value.clone();
            }
            self.stand.call(&FUNCTION).cookie(cookie).path("id", &self.id).json(body).await
        }

        async fn borrower_sees(&self) -> Value {
            let get =
                self.stand.call(&applications::get::FUNCTION).cookie(&self.borrower).path("id", &self.id);
            get.await.body["data"].clone()
        }
    }

    #[tokio::test]
    async fn an_approval_makes_an_offer_with_its_statement_and_tells_the_borrower() {
        let desk = desk(60_000).await.with_details().await;
        let answer = desk.approve(&desk.officer.cookie, json!({})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let data = &answer.body["data"];
        assert_eq!((&data["status"], &data["awaits_second_approval"]), (&json!("approved"), &json!(false)));
        assert_eq!(data["offer"]["loan_amount"], 50_000);
        assert_eq!(data["offer"]["net_disbursed"], 50_000 - 1180);
        let seen = desk.borrower_sees().await;
        assert_eq!(seen["offer"]["kfs_hash"], data["offer"]["kfs_hash"]);
        assert_eq!(answer.cost.calls, 8);
        let stored = desk.stand.everything_stored().await;
        assert!(
            stored.contains("Your loan is approved")
                && stored.contains("\"action\": S(\"approve_application\")")
        );
        let application = stored_application(&desk.stand, &desk.id).await;
        assert_eq!(application.approval.as_ref().unwrap().approved_by, desk.officer.id.to_string());
    }

    #[tokio::test]
    async fn the_rate_may_be_better_than_the_products_and_never_worse_and_fees_may_be_named() {
        let desk = desk(60_000).await.with_details().await;
        let fees =
            json!([{ "name": "Processing fee", "amount": 500 }, { "name": "Stamp duty", "amount": 100.5 }]);
        let worse = desk.approve(&desk.officer.cookie, json!({ "interest_rate": 18.5 })).await;
        assert_eq!(worse.wrong_fields(), ["interest_rate"]);
        let better =
            desk.approve(&desk.officer.cookie, json!({ "interest_rate": 14.25, "fees": fees })).await;
        assert_eq!(better.status, 200, "{better:?}");
        let offer = &better.body["data"]["offer"];
        assert_eq!((&offer["interest_rate"], &offer["total_fees"]), (&json!(14.25), &json!(708.59)));
        let approval = stored_application(&desk.stand, &desk.id).await.value.approval.unwrap();
        assert_eq!(approval.product.annual_rate_pct, approval.annual_rate_pct);
    }

    #[tokio::test]
    async fn the_amount_is_bounded_by_what_was_asked_and_by_the_product() {
        let desk = desk(60_000).await.with_details().await;
        for (changes, fields) in [
            (json!({ "approved_amount": 60_000.01 }), vec!["approved_amount"]),
            (
                json!({ "approved_amount": 4000, "tenure_months": 40 }),
                vec!["approved_amount", "tenure_months"],
            ),
            (json!({ "fees": [{ "name": "All of it", "amount": 50_000 }] }), vec!["fees"]),
            (json!({ "fees": [{ "name": "Gift", "amount": -1 }] }), vec!["fees"]),
            (json!({ "approved_amount": 50_000.001 }), vec!["approved_amount"]),
        ] {
            let answer = desk.approve(&desk.officer.cookie, changes).await;
            assert_eq!((answer.status, answer.wrong_fields()), (400, fields), "{answer:?}");
        }
    }

    #[tokio::test]
    async fn employment_and_finances_come_first_and_the_income_must_bear_it() {
        let desk = desk(60_000).await;
        let answer = desk.approve(&desk.officer.cookie, json!({})).await;
        assert_eq!((answer.status, answer.code()), (409, "DETAILS_MISSING"));
        assert_eq!(answer.body["data"]["missing"], json!(["employment_details", "financial_details"]));
        let call = desk.stand.call(&employment::add::FUNCTION).cookie(&desk.borrower);
        assert_eq!(call.json(employment_details()).await.status, 201);
        let poor = json!({ "monthly_income": 12_000, "monthly_expenses": 9_000, "existing_emis": 2_000 });
        let call = desk.stand.call(&finances::add::FUNCTION).cookie(&desk.borrower);
        assert_eq!(call.json(poor).await.status, 201);
        let answer = desk.approve(&desk.officer.cookie, json!({})).await;
        assert_eq!((answer.status, answer.code()), (409, "ABOVE_SANCTIONED_LIMIT"));
        // What an instalment of 1,000 over 36 months at 18 % carries.
        assert_eq!(answer.body["data"]["max_amount"], 27_660);
    }

    #[tokio::test]
    async fn above_the_limit_two_people_approve_the_same_terms() {
        let desk = desk(250_000).await.with_details().await;
        let large = json!({ "approved_amount": 250_000, "tenure_months": 24 });
        let first = desk.approve(&desk.officer.cookie, large.clone()).await;
        assert_eq!(
            (first.status, &first.body["data"]["awaits_second_approval"]),
            (200, &json!(true)),
            "{first:?}"
        );
        assert_eq!(desk.borrower_sees().await["application"]["status"], "under_review");
        let same = desk.approve(&desk.officer.cookie, large.clone()).await;
        assert_eq!((same.status, same.code()), (403, "MAKER_IS_CHECKER"));

        let admin = staff_member(&desk.stand, &["admin"]).await;
        let second = desk.approve(&admin.cookie, large).await;
        assert_eq!(second.body["data"]["status"], "approved", "{second:?}");
        let approval = stored_application(&desk.stand, &desk.id).await.value.approval.unwrap();
        let people = (approval.approved_by, approval.checked_by.unwrap());
        assert_eq!(people, (desk.officer.id.to_string(), admin.id.to_string()));
        let stored = desk.stand.everything_stored().await;
        assert!(stored.contains("\"action\": S(\"propose_approval\")"));
    }

    #[tokio::test]
    async fn other_terms_are_a_new_proposal_and_not_a_confirmation() {
        let desk = desk(250_000).await.with_details().await;
        let terms = |amount: u32| json!({ "approved_amount": amount, "tenure_months": 24 });
        desk.approve(&desk.officer.cookie, terms(250_000)).await;
        let admin = staff_signed_in(&desk.stand, &["admin"]).await;
        let other = desk.approve(&admin, terms(240_000)).await;
        assert_eq!(other.body["data"]["awaits_second_approval"], true, "{other:?}");
        assert_eq!(desk.approve(&admin, terms(240_000)).await.code(), "MAKER_IS_CHECKER");
        let confirmed = desk.approve(&desk.officer.cookie, terms(240_000)).await;
        assert_eq!(confirmed.body["data"]["offer"]["loan_amount"], 240_000, "{confirmed:?}");
    }

    #[tokio::test]
    async fn the_limit_for_one_person_is_the_setting() {
        let desk = desk(60_000).await.with_details().await;
        let admin = staff_signed_in(&desk.stand, &["admin"]).await;
        let set =
            desk.stand.call(&settings::update::FUNCTION).cookie(&admin).path("key", "maker_checker_limit");
        let set = set.header("if-match", "\"0\"").json(json!({ "value": 49_999.99 })).await;
        assert_eq!(set.status, 200, "{set:?}");
        let answer = desk.approve(&desk.officer.cookie, json!({})).await;
        assert_eq!(answer.body["data"]["awaits_second_approval"], true);
    }

    #[tokio::test]
    async fn two_checkers_at_once_make_one_offer() {
        for _ in 0..3 {
            let desk = desk(250_000).await.with_details().await;
            let large = json!({ "approved_amount": 250_000, "tenure_months": 24 });
            desk.approve(&desk.officer.cookie, large.clone()).await;
            let (one, two) = (
                staff_signed_in(&desk.stand, &["admin"]).await,
                staff_signed_in(&desk.stand, &["officer"]).await,
            );
            let (one, two) =
                futures::join!(desk.approve(&one, large.clone()), desk.approve(&two, large.clone()));
            let mut statuses = [one.status, two.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 409], "{one:?} {two:?}");
            let stored = desk.stand.everything_stored().await;
            assert_eq!(stored.matches("\"action\": S(\"approve_application\")").count(), 1);
        }
    }

    #[tokio::test]
    async fn only_what_is_under_review_is_approved_and_by_the_version_that_was_seen() {
        let desk = desk(60_000).await.with_details().await;
        let body = json!({ "approved_amount": 50_000, "interest_rate": 18, "tenure_months": 12 });
        let call = desk.stand.call(&FUNCTION).cookie(&desk.officer.cookie).path("id", &desk.id);
        assert_eq!(call.header("if-match", "\"1\"").json(body).await.status, 412);
        assert_eq!(desk.approve(&desk.officer.cookie, json!({})).await.status, 200);
        let again = desk.approve(&desk.officer.cookie, json!({})).await;
        assert_eq!((again.status, again.code()), (409, "NOT_IN_THAT_STATE"));
        assert_eq!(again.body["data"]["status"], "approved");
    }

    #[tokio::test]
    async fn a_repeated_request_with_a_key_is_answered_again_and_not_carried_out_again() {
        let desk = desk(60_000).await.with_details().await;
        let body = json!({ "approved_amount": 50_000, "interest_rate": 18, "tenure_months": 12 });
        for replayed in [false, true] {
            let call = desk.stand.call(&FUNCTION).cookie(&desk.officer.cookie).path("id", &desk.id);
            let answer = call.header("idempotency-key", "approve-1").json(body.clone()).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(answer.headers.contains_key("idempotent-replayed"), replayed);
        }
    }

    #[tokio::test]
    async fn finance_approves_nothing() {
        let desk = desk(60_000).await;
        let finance = staff_signed_in(&desk.stand, &["finance"]).await;
        assert_eq!(desk.approve(&finance, json!({})).await.code(), "FORBIDDEN");
    }
}
