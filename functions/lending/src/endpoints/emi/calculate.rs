//! `POST /api/emi/calculate`: what a loan would cost, by the very rules that real schedules are made with.
use axum::{extract::State, routing::post};
use jiff::civil::Date;
use serde::Serialize;
use shared::{
    app::App,
    clock::{day_in, india},
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Rate, Route, Trigger},
    http::{Body, Day, Docs, FieldErrors, Reply},
    money::{Paise, Rupees},
};
use utoipa::ToSchema;

use crate::{
    WING,
    endpoints::applications::ScheduleLine,
    loan::{
        apr::apr_pct,
        day_count::DayCount,
        due_dates::Frequency,
        schedule::{EmiRounding, Terms, TermsError},
    },
    product::Percent,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-calculate-emi",
    module: module_path!(),
    wing: &WING,
    summary: "Calculate the instalment and the schedule of a loan",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/emi/calculate",
        rate: Some(Rate { calls: 60, seconds: 60 }),
        max_body: 4 * 1024,
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[],
    ..Function::ENDPOINT
};

/// A loan paid out today.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    #[schema(value_type = f64, example = 100_000)]
    amount: Rupees,
    /// Nominal, per cent a year.
    #[schema(value_type = f64, example = 18)]
    rate: Percent,
    /// Months.
    #[schema(example = 12)]
    tenure: u16,
    /// Usually a month from today.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Date, example = "2026-02-05")]
    first_due_date: Option<Day>,
    /// Usually `thirty360`.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "thirty360")]
    day_count: Option<DayCount>,
}

/// The schedule and its sums.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    #[schema(value_type = f64)]
    emi_amount: Rupees,
    #[schema(value_type = f64)]
    amount: Rupees,
    #[schema(value_type = f64)]
    total_interest: Rupees,
    #[schema(value_type = f64)]
    total_payment: Rupees,
    /// The annual percentage rate, without fees.
    #[schema(value_type = f64)]
    apr: Percent,
    #[schema(value_type = String, format = Date)]
    disbursed_on: Date,
    day_count: DayCount,
    schedule: Vec<ScheduleLine>,
}

async fn handle(State(app): State<App>, Body(request): Body<Request>) -> Result<Reply<Response>, Error> {
    let terms = terms(&request, day_in(app.now(), &india()));
    let schedule = terms.schedule().map_err(wrong_field)?;
    let apr = apr_pct(&schedule, Paise::ZERO).map_err(Error::internal)?;
    let response = Response {
        emi_amount: schedule.emi.into(),
        amount: terms.principal.into(),
        total_interest: schedule.total_interest().into(),
        total_payment: schedule.total_payment().into(),
        apr: Percent(apr.normalize()),
        disbursed_on: terms.disbursed_on,
        day_count: terms.day_count,
        schedule: schedule.instalments.iter().map(ScheduleLine::from).collect(),
    };
    Ok(Reply::ok("Your instalments", response))
}

fn terms(request: &Request, today: Date) -> Terms {
    Terms {
        principal: request.amount.0,
        annual_rate_pct: request.rate.0,
        tenure: request.tenure,
        frequency: Frequency::MONTHLY,
        day_count: request.day_count.unwrap_or(DayCount::Thirty360),
        disbursed_on: today,
        first_due_on: request
            .first_due_date
            .map_or_else(|| Frequency::MONTHLY.step(today, 1), |Day(day)| day),
        rounding: EmiRounding::Paisa,
    }
}

fn wrong_field(error: TermsError) -> Error {
    let field = match error {
        TermsError::Principal => "amount",
        TermsError::Rate | TermsError::TooLarge => "rate",
        TermsError::Tenure => "tenure",
        TermsError::Dates => "first_due_date",
    };
    Error::invalid_field(field, "range", error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::applications::get_kfs,
        testing::{applied, approved, profile_done},
    };

    async fn calculate(stand: &Stand, body: Value) -> Answer {
        stand.call(&FUNCTION).json(body).await
    }

    #[tokio::test]
    async fn the_calculator_gives_the_schedule_of_the_real_offer() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let id = applied(&stand, &cookie).await;
        approved(&stand, &id).await;
        let kfs = stand.call(&get_kfs::FUNCTION).cookie(&cookie).path("id", &id).await;
        let answer = calculate(&stand, json!({ "amount": 50_000, "rate": 18, "tenure": 12 })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["data"]["schedule"], kfs.body["data"]["schedule"]);
        assert_eq!(answer.body["data"]["emi_amount"], kfs.body["data"]["emi_amount"]);
        // Nobody reads or writes anything but the count of calls.
        assert_eq!(answer.cost.calls, 1);
    }

    #[tokio::test]
    async fn without_fees_the_annual_percentage_rate_is_the_interest_rate() {
        let stand = Stand::new().await;
        let loan = json!({ "amount": 100, "rate": 7, "tenure": 12 });
        let answer = calculate(&stand, loan).await;
        let data = &answer.body["data"];
        // Case L08.
        assert_eq!(data["emi_amount"], 8.65);
        assert_eq!(data["schedule"][11]["balance_after"], 0);
        assert!((data["apr"].as_f64().unwrap() - 7.0).abs() < 0.1, "{data}");
    }

    #[tokio::test]
    async fn the_first_due_date_and_the_day_count_may_be_chosen() {
        let stand = Stand::new().await;
        let loan = json!({
            "amount": 100_000, "rate": 12, "tenure": 3, "first_due_date": "2026-01-31", "day_count": "actual365",
        });
        let answer = calculate(&stand, loan).await;
        let days: Vec<_> =
            answer.body["data"]["schedule"].as_array().unwrap().iter().map(|l| l["due_on"].clone()).collect();
        assert_eq!(days, ["2026-01-31", "2026-02-28", "2026-03-31"]);
        // 26 days of 365: 100,000 · 12 % · 26 / 365.
        assert_eq!(answer.body["data"]["schedule"][0]["interest"], 854.79);
    }

    #[tokio::test]
    async fn what_cannot_be_lent_is_named() {
        let stand = Stand::new().await;
        for (body, fields) in [
            (json!({ "amount": 0, "rate": 12, "tenure": 3 }), vec!["amount"]),
            (json!({ "amount": 100, "rate": 12, "tenure": 0 }), vec!["tenure"]),
            (
                json!({ "amount": 100, "rate": 12, "tenure": 3, "first_due_date": "2026-01-05" }),
                vec!["first_due_date"],
            ),
            (
                json!({ "amount": 100, "rate": -1, "tenure": 1.5, "day_count": "x" }),
                vec!["day_count", "rate", "tenure"],
            ),
            (json!({}), vec!["amount", "rate", "tenure"]),
        ] {
            let answer = calculate(&stand, body).await;
            assert_eq!((answer.status, answer.wrong_fields()), (400, fields));
        }
    }

    #[tokio::test]
    async fn one_network_calculates_sixty_times_a_minute() {
        let stand = Stand::new().await;
        let loan = json!({ "amount": 100, "rate": 12, "tenure": 1 });
        for _ in 0..60 {
            assert_eq!(calculate(&stand, loan.clone()).await.status, 200);
        }
        let answer = calculate(&stand, loan.clone()).await;
        assert_eq!((answer.status, answer.code()), (429, "TOO_MANY_REQUESTS"));
        let elsewhere = stand.call(&FUNCTION).json(loan).from_ip("198.51.100.1").await;
        assert_eq!(elsewhere.status, 200);
    }
}
