//! `GET /api/loan-applications/{id}/kfs`: the Key Fact Statement that the borrower must see before they sign.
use axum::{extract::State, routing::get};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use shared::{
    app::App,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Path, Reply},
    money::Rupees,
};
use utoipa::ToSchema;

use super::ScheduleLine;
use crate::{
    WING,
    access::{BORROWER, Borrower},
    application::{ApplicationId, Offer},
    loan::product::Fee,
    product::Percent,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-kfs",
    module: module_path!(),
    wing: &WING,
    summary: "Show the Key Fact Statement of an offer",
    trigger: Trigger::Http(Route {
        path: "/api/loan-applications/{id}/kfs",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get],
    ..Function::ENDPOINT
};

/// The statement (RBI circular of 15 April 2024). Amounts in rupees, rates in per cent a year.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    /// Names exactly this statement; accept the offer with it.
    kfs_hash: String,
    /// RFC 3339; from then on the offer can no longer be accepted.
    #[schema(value_type = String)]
    valid_until: Timestamp,
    application_number: String,
    lender: String,
    product_code: String,
    product_name: String,
    #[schema(value_type = String, format = Date)]
    offered_on: Date,
    #[schema(value_type = f64)]
    loan_amount: Rupees,
    instalment_count: u16,
    #[schema(value_type = f64)]
    emi_amount: Rupees,
    #[schema(value_type = String, format = Date)]
    first_due_on: Date,
    #[schema(value_type = String, format = Date)]
    last_due_on: Date,
    #[schema(value_type = f64)]
    interest_rate: Percent,
    /// The annual percentage rate: interest, fees and tax.
    #[schema(value_type = f64)]
    apr: Percent,
    fees: Vec<FeeView>,
    #[schema(value_type = f64)]
    total_fees: Rupees,
    #[schema(value_type = f64)]
    net_disbursed: Rupees,
    #[schema(value_type = f64)]
    total_interest: Rupees,
    #[schema(value_type = f64)]
    total_payable: Rupees,
    #[schema(value_type = f64)]
    total_cost: Rupees,
    /// Days after the payout in which the loan may be given back without penalty.
    cooling_off_days: u16,
    /// On overdue principal only.
    #[schema(value_type = f64)]
    penal_rate: Percent,
    penal_grace_days: u16,
    #[schema(value_type = f64)]
    foreclosure_fee_pct: Percent,
    #[schema(value_type = f64)]
    gst_pct: Percent,
    grievance: Contact,
    schedule: Vec<ScheduleLine>,
}

/// Whom to complain to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Contact {
    name: String,
    phone: String,
    email: String,
}

/// One fee.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeeView {
    name: String,
    /// Without tax.
    #[schema(value_type = f64)]
    amount: Rupees,
    #[schema(value_type = f64)]
    gst: Rupees,
}

impl From<Fee> for FeeView {
    fn from(fee: Fee) -> Self {
        Self { name: fee.name, amount: fee.amount.into(), gst: fee.gst.into() }
    }
}

impl From<Offer> for Response {
    fn from(offer: Offer) -> Self {
        let kfs = offer.kfs;
        Self {
            kfs_hash: offer.kfs_hash,
            valid_until: offer.valid_until,
            application_number: kfs.application_number,
            lender: kfs.lender,
            product_code: kfs.product_code,
            product_name: kfs.product_name,
            offered_on: kfs.offered_on,
            loan_amount: kfs.loan_amount.into(),
            instalment_count: kfs.instalment_count,
            emi_amount: kfs.emi.into(),
            first_due_on: kfs.first_due_on,
            last_due_on: kfs.last_due_on,
            interest_rate: Percent(kfs.annual_rate_pct),
            apr: Percent(kfs.apr_pct),
            fees: kfs.fees.into_iter().map(FeeView::from).collect(),
            total_fees: kfs.total_fees.into(),
            net_disbursed: kfs.net_disbursed.into(),
            total_interest: kfs.total_interest.into(),
            total_payable: kfs.total_payable.into(),
            total_cost: kfs.total_cost.into(),
            cooling_off_days: kfs.cooling_off_days,
            penal_rate: Percent(kfs.penal_annual_rate_pct),
            penal_grace_days: kfs.penal_grace_days,
            foreclosure_fee_pct: Percent(kfs.foreclosure_fee_pct),
            gst_pct: Percent(kfs.gst_pct),
            grievance: Contact {
                name: kfs.grievance.name,
                phone: kfs.grievance.phone,
                email: kfs.grievance.email,
            },
            schedule: kfs.schedule.iter().map(ScheduleLine::from).collect(),
        }
    }
}

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Path(id): Path<ApplicationId>,
) -> Result<Reply<Response>, Error> {
    let application = super::own(&app, &user, id).await?;
    let offer = super::offer_of(&app, &application)?;
    Ok(Reply::ok("The Key Fact Statement of your offer", offer.into()))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;
    use shared::money::{Paise, Rupees};
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::applications::get_offer,
        testing::{applied, approved, profile_done, signed_in},
    };

    #[tokio::test]
    async fn the_statement_adds_up_and_carries_the_hash_of_the_offer() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let id = applied(&stand, &cookie).await;
        assert_eq!(stand.call(&FUNCTION).cookie(&cookie).path("id", &id).await.status, 404);
        approved(&stand, &id).await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).path("id", &id).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.cost.calls, 2);
        let kfs = &answer.body["data"];
        let paise = |value: &serde_json::Value| Rupees::parse(&value.to_string()).unwrap().0;
        let lines = kfs["schedule"].as_array().unwrap();
        assert_eq!(lines.len(), 12);
        let sum = |name: &str| lines.iter().map(|line| paise(&line[name])).sum::<Paise>();
        assert_eq!(sum("principal"), paise(&kfs["loan_amount"]));
        assert_eq!(sum("interest"), paise(&kfs["total_interest"]));
        assert_eq!(sum("emi_amount"), paise(&kfs["total_payable"]));
        assert_eq!(lines[11]["balance_after"], 0);
        assert_eq!(kfs["fees"], json!([{ "name": "Processing fee", "amount": 1000, "gst": 180 }]));
        assert_eq!((&kfs["cooling_off_days"], &kfs["lender"]), (&json!(3), &json!("Pocket Credit")));
        let offer = stand.call(&get_offer::FUNCTION).cookie(&cookie).path("id", &id).await;
        assert_eq!(offer.body["data"]["kfs_hash"], kfs["kfs_hash"]);
    }

    #[tokio::test]
    async fn an_expired_statement_is_not_shown() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let id = applied(&stand, &cookie).await;
        approved(&stand, &id).await;
        stand.advance(SignedDuration::from_hours(8 * 24));
        let cookie = signed_in(&stand, "9876543210").await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).path("id", &id).await;
        assert_eq!((answer.status, answer.code()), (409, "OFFER_EXPIRED"));
    }
}
