//! `GET /api/loan-applications/{id}/offer`: the offer in short.
use axum::{extract::State, routing::get};
use shared::{
    app::App,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Path, Reply},
};

use super::OfferView;
use crate::{
    WING,
    access::{BORROWER, Borrower},
    application::ApplicationId,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-offer",
    module: module_path!(),
    wing: &WING,
    summary: "Show the offer for a loan application",
    trigger: Trigger::Http(Route {
        path: "/api/loan-applications/{id}/offer",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<OfferView>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get],
    ..Function::ENDPOINT
};

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Path(id): Path<ApplicationId>,
) -> Result<Reply<OfferView>, Error> {
    let application = super::own(&app, &user, id).await?;
    let offer = super::offer_of(&app, &application)?;
    Ok(Reply::ok("Your offer", OfferView::from(&offer)))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::{accepted, applied, approved, profile_done, signed_in};

    #[tokio::test]
    async fn an_approved_application_has_an_offer_and_others_have_none() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let id = applied(&stand, &cookie).await;
        let get = async || stand.call(&FUNCTION).cookie(&cookie).path("id", &id).await;
        assert_eq!(get().await.code(), "NOT_FOUND");
        approved(&stand, &id).await;
        let answer = get().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.cost.calls, 2);
        let offer = &answer.body["data"];
        // 2 % of 50,000 and 18 % GST on it.
        assert_eq!((&offer["total_fees"], &offer["net_disbursed"]), (&json!(1180), &json!(48_820)));
        assert_eq!((&offer["interest_rate"], &offer["emi_amount"]), (&json!(18), &json!(4584)));
        assert!(offer["apr"].as_f64().unwrap() > 18.0);
        assert_eq!(offer["kfs_hash"].as_str().unwrap().len(), 64);
        // Seven days, to the end of the last one in India.
        assert_eq!(offer["valid_until"], "2026-01-12T18:30:00Z");
        let other = profile_done(&stand, "9876543211").await;
        assert_eq!(stand.call(&FUNCTION).cookie(&other).path("id", &id).await.status, 404);
    }

    #[tokio::test]
    async fn an_offer_expires_by_the_clock_unless_it_was_accepted() {
        for (signed, hours, status) in [(false, 0, 200), (false, 8 * 24, 409), (true, 8 * 24, 200)] {
            let stand = Stand::new().await;
            let mobile = "9876543210";
            let cookie = profile_done(&stand, mobile).await;
            let id = applied(&stand, &cookie).await;
            approved(&stand, &id).await;
            if signed {
                accepted(&stand, mobile, &cookie, &id).await;
            }
            stand.advance(SignedDuration::from_hours(hours) + SignedDuration::from_mins(2));
            let cookie = signed_in(&stand, mobile).await;
            let answer = stand.call(&FUNCTION).cookie(&cookie).path("id", &id).await;
            assert_eq!(answer.status, status, "{answer:?}");
            if status == 409 {
                assert_eq!(answer.code(), "OFFER_EXPIRED");
                assert_eq!(answer.body["data"]["valid_until"], "2026-01-12T18:30:00Z");
            }
        }
    }
}
