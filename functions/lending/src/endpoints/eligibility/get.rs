//! `GET /api/eligibility`: how much the borrower could borrow, why not more, and what is missing to know it. Changes nothing.
use axum::{extract::State, routing::get};
use serde::Serialize;
use shared::{
    app::App,
    clock::{day_in, india},
    deserr::Deserr,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, FieldErrors, Query, Reply},
    money::Rupees,
    table::Mixed,
};
use utoipa::ToSchema;

use crate::{
    WING,
    access::{BORROWER, Borrower},
    application::{ApplicationId, PendingApplication, limit},
    borrower::{EmploymentDetails, FinancialDetails, User},
    loan::eligibility::{Reason as Limit, hold_on},
    product::{self, Percent, ProductCode},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-eligibility",
    module: module_path!(),
    wing: &WING,
    summary: "Show how much you could borrow",
    trigger: Trigger::Http(Route {
        path: "/api/eligibility",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>().query::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get, Need::BatchGet, Need::Query],
    ..Function::ENDPOINT
};

/// Of which product.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// The code; without it, the usual one.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "personal")]
    product: Option<ProductCode>,
}

/// A soft check: no promise, no trace.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    product: String,
    /// Whether an application could be made now.
    can_apply: bool,
    /// The most that could be lent; null until nothing is missing.
    #[schema(value_type = Option<f64>, example = 300_000)]
    max_amount: Option<Rupees>,
    /// The highest instalment that the income bears; null likewise.
    #[schema(value_type = Option<f64>, example = 15_000)]
    max_emi: Option<Rupees>,
    /// The tenure for which this holds.
    tenure_months: u16,
    /// Per cent a year.
    #[schema(value_type = f64, example = 18)]
    interest_rate: Percent,
    /// Why nothing, or not more.
    reasons: Vec<Reason>,
    /// The sections still to give: `basic`, `additional`, `employment_details`, `financial_details`.
    missing: Vec<&'static str>,
    /// The application under way, which must end first.
    #[schema(value_type = Option<String>)]
    open_application: Option<ApplicationId>,
}

/// A reason.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EligibilityReason)]
pub struct Reason {
    #[serde(flatten)]
    limit: Limit,
    /// For a person.
    message: String,
}

impl From<Limit> for Reason {
    fn from(limit: Limit) -> Self {
        Self { limit, message: limit.to_string() }
    }
}

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Query(request): Query<Request>,
) -> Result<Reply<Response>, Error> {
    let code = request.product.as_ref().map_or(product::DEFAULT_CODE, ProductCode::as_str);
    let product = product::find(app.table(), code).await?.filter(|product| product.active);
    let product = product.ok_or_else(unknown_product)?.terms;
    let keys = vec![
        FinancialDetails::at(user.id).key,
        EmploymentDetails::at(user.id).key,
        PendingApplication::at(user.id).key,
    ];
    let known = app.table().get_mixed(keys).await?;
    let finances = Mixed::all::<FinancialDetails>(&known)?.pop();
    let has_employment = !Mixed::all::<EmploymentDetails>(&known)?.is_empty();
    let open = Mixed::all::<PendingApplication>(&known)?.pop();

    let today = day_in(app.now(), &india());
    let hold = match (&user.basic, &user.additional) {
        (Some(basic), Some(additional)) => hold_on(basic.date_of_birth, additional.occupation, today),
        _ => None,
    };
    let limit = limit(app.table(), &user, finances.as_deref(), &product, today).await?;
    let reasons = limit.as_ref().map_or_else(|| hold.into_iter().collect(), |limit| limit.reasons.clone());
    let response = Response {
        can_apply: user.basic.is_some() && user.additional.is_some() && hold.is_none() && open.is_none(),
        max_amount: limit.as_ref().map(|limit| limit.max_amount.into()),
        max_emi: limit.as_ref().map(|limit| limit.max_emi.into()),
        tenure_months: product.max_tenure_months,
        interest_rate: Percent(product.annual_rate_pct),
        reasons: reasons.into_iter().map(Reason::from).collect(),
        missing: missing(&user, has_employment, finances.is_some()),
        open_application: open.map(|open| open.application),
        product: product.code,
    };
    Ok(Reply::ok("What you could borrow", response))
}

fn missing(user: &User, has_employment: bool, has_finances: bool) -> Vec<&'static str> {
    let sections = [
        (user.basic.is_some(), "basic"),
        (user.additional.is_some(), "additional"),
        (has_employment, "employment_details"),
        (has_finances, "financial_details"),
    ];
    sections.into_iter().filter_map(|(given, name)| (!given).then_some(name)).collect()
}

fn unknown_product() -> Error {
    Error::invalid_field("product", "choice", "must be the code of a product on offer")
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::{employment, finances},
        testing::{applied, employment_details, financial_details, profile_done, signed_in},
    };

    #[tokio::test]
    async fn what_is_missing_is_named_until_the_limit_is_known() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let data = &answer.body["data"];
        assert_eq!(
            data["missing"],
            json!(["basic", "additional", "employment_details", "financial_details"])
        );
        assert_eq!((&data["can_apply"], &data["max_amount"]), (&json!(false), &json!(null)));
        assert_eq!(answer.cost.calls, 3);

        let cookie = profile_done(&stand, "9876543211").await;
        let data = stand.call(&FUNCTION).cookie(&cookie).await.body["data"].clone();
        assert_eq!(data["missing"], json!(["employment_details", "financial_details"]));
        assert_eq!((&data["can_apply"], &data["max_amount"]), (&json!(true), &json!(null)));
    }

    #[tokio::test]
    async fn income_and_obligations_bound_the_amount() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let given = stand.call(&employment::add::FUNCTION).cookie(&cookie).json(employment_details()).await;
        assert_eq!(given.status, 201, "{given:?}");
        let given = stand.call(&finances::add::FUNCTION).cookie(&cookie).json(financial_details()).await;
        assert_eq!(given.status, 201, "{given:?}");
        let answer = stand.call(&FUNCTION).cookie(&cookie).await;
        let data = &answer.body["data"];
        // Half of 60,000 less 5,000 of other instalments.
        assert_eq!((&data["max_emi"], &data["missing"]), (&json!(25_000), &json!([])));
        assert_eq!((&data["max_amount"], &data["tenure_months"]), (&json!(500_000), &json!(36)));
        assert_eq!(data["reasons"][0]["code"], "limited_by_product");
        assert_eq!(answer.cost.calls, 5);
        assert!(answer.cost.write_units.abs() < f64::EPSILON, "it leaves no trace");
    }

    #[tokio::test]
    async fn an_application_under_way_is_named() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let id = applied(&stand, &cookie).await;
        let data = stand.call(&FUNCTION).cookie(&cookie).await.body["data"].clone();
        assert_eq!((&data["can_apply"], &data["open_application"]), (&json!(false), &json!(id)));
    }

    #[tokio::test]
    async fn only_products_on_offer_are_asked_for() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        for query in ["product=gold", "product=GOLD", "amount=1"] {
            assert_eq!(stand.call(&FUNCTION).cookie(&cookie).query(query).await.status, 400, "{query}");
        }
        assert_eq!(stand.call(&FUNCTION).cookie(&cookie).query("product=personal").await.status, 200);
    }
}
