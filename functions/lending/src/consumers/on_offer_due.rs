//! An application whose time may be over: an offer that was not accepted expires, an application that nobody moved on for thirty
//! days is closed. Harmless when repeated, late or mistaken, since the application itself says whether its time is over.
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    codes,
    error::Error,
    function::{Consumer, Function, Need, Queue, Trigger},
    messages::notice,
    runtime::Delivery,
    table::{Key, Stored, Write},
};

use crate::{
    WING,
    application::{ApplicationId, LoanApplication},
    borrower::{User, UserId},
    loan::state::ApplicationStatus,
    notices,
};

/// Applications whose time may be over.
pub static OFFER_DUE_QUEUE: Queue = Queue::standard("lending-offer-due");

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-on-offer-due",
    module: module_path!(),
    wing: &WING,
    summary: "Let an offer expire when its time is over",
    trigger: Trigger::Queue(Consumer {
        queue: &OFFER_DUE_QUEUE,
        batch: 10,
        handle: |app, delivery| Box::pin(handle(app, delivery)),
    }),
    needs: &[Need::BatchGet, Need::Put, Need::Update, Need::Delete],
    ..Function::WORKER
};

/// Which application.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OfferDue {
    /// Whose it is.
    pub user: UserId,
    /// The application.
    pub application: ApplicationId,
}

impl OfferDue {
    /// What lies at `key`, if it is an application.
    pub fn named_by(key: &Key) -> Option<Self> {
        LoanApplication::named_by(key).map(|(user, application)| Self { user, application })
    }
}

async fn handle(app: &App, delivery: Delivery<'_>) -> Result<(), Error> {
    let due: OfferDue = delivery.message()?;
    let found = app.table().get_two(User::at(due.user), LoanApplication::at(due.user, due.application));
    let (Some(user), Some(application)) = found.await? else { return Ok(()) };
    match run_out(app, &user, application).await {
        // The borrower or staff moved it at the same moment; if its time is still over, the next sweep finds it again.
        Err(error) if error.code() == codes::CHANGED_MEANWHILE => Ok(()),
        done => done.map(drop),
    }
}

/// Ends `application` and tells the borrower, if its time is over by the clock; `false` when it is not. Needs `Put`, `Update`,
/// `Delete`.
pub async fn run_out(
    app: &App,
    user: &User,
    mut application: Stored<LoanApplication>,
) -> Result<bool, Error> {
    let Some(moved) = application.run_out(app.now()) else { return Ok(false) };
    let template = match application.status {
        ApplicationStatus::Expired => &notices::OFFER_EXPIRED,
        _ => &notices::APPLICATION_CLOSED,
    };
    let write = moved.record(Write::new(), &application);
    let told = notices::recipient(user);
    let write = notice::tell(write, app, &WING, &told, template, &[("number", &application.number)])?;
    app.table().write(write).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::{Value, json};
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::applications::{get, summarise},
        testing::{accepted, applied, approved, profile_done, signed_in, whose},
    };

    async fn due(stand: &Stand, id: &str) -> Value {
        let (user, application) = whose(stand, id).await;
        json!({ "user": user, "application": application })
    }

    async fn status(stand: &Stand, cookie: &str, id: &str) -> Value {
        let answer = stand.call(&get::FUNCTION).cookie(cookie).path("id", id).await;
        answer.body["data"]["application"]["status"].clone()
    }

    #[tokio::test]
    async fn an_offer_expires_once_and_the_borrower_is_told_once() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let id = applied(&stand, &cookie).await;
        approved(&stand, &id).await;
        let message = due(&stand, &id).await;
        stand.deliver(&FUNCTION, &message).await.unwrap();
        assert_eq!(status(&stand, &cookie, &id).await, "approved", "its time is not over");

        stand.advance(SignedDuration::from_hours(8 * 24));
        for _ in 0..2 {
            stand.deliver(&FUNCTION, &message).await.unwrap();
        }
        let cookie = signed_in(&stand, "9876543210").await;
        assert_eq!(status(&stand, &cookie, &id).await, "expired");
        let summary = stand.call(&summarise::FUNCTION).cookie(&cookie).await.body["data"].clone();
        assert_eq!((&summary["expired_count"], &summary["total_approved_amount"]), (&json!(1), &json!(0)));
        let stored = stand.everything_stored().await;
        assert_eq!(stored.matches("Your offer has expired").count(), 2, "in the app and by e-mail");
        applied(&stand, &cookie).await;
    }

    #[tokio::test]
    async fn an_accepted_offer_does_not_expire() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let id = applied(&stand, &cookie).await;
        approved(&stand, &id).await;
        accepted(&stand, "9876543210", &cookie, &id).await;
        stand.advance(SignedDuration::from_hours(40 * 24));
        stand.deliver(&FUNCTION, &due(&stand, &id).await).await.unwrap();
        let cookie = signed_in(&stand, "9876543210").await;
        assert_eq!(status(&stand, &cookie, &id).await, "accepted");
    }

    #[tokio::test]
    async fn an_application_that_nobody_moves_on_is_closed_after_thirty_days() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let id = applied(&stand, &cookie).await;
        stand.advance(SignedDuration::from_hours(30 * 24));
        stand.deliver(&FUNCTION, &due(&stand, &id).await).await.unwrap();
        let cookie = signed_in(&stand, "9876543210").await;
        assert_eq!(status(&stand, &cookie, &id).await, "withdrawn");
        assert!(stand.everything_stored().await.contains("Your application was closed"));
    }

    #[tokio::test]
    async fn an_application_that_is_not_there_is_no_failure_and_a_text_that_is_no_message_is() {
        let stand = Stand::new().await;
        let nobody = json!({
            "user": "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV", "application": "app_01ARZ3NDEKTSV4RRFFQ69G5FAV",
        });
        stand.deliver(&FUNCTION, &nobody).await.unwrap();
        assert!(stand.deliver(&FUNCTION, &json!("nonsense")).await.is_err());
    }
}
