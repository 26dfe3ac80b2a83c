//! Every hour: finds the offers and the waiting applications whose time is over and hands each to its consumer.
use shared::{
    app::{App, CURSOR_KEY},
    error::Error,
    fan_out::fan_out,
    function::{Function, Need, Schedule, Trigger},
    runtime::Run,
    table::Index,
};

use crate::{
    WING,
    application::{OFFER_DUE, STALE_DUE},
    consumers::on_offer_due::{OFFER_DUE_QUEUE, OfferDue},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-expire-offers",
    module: module_path!(),
    wing: &WING,
    summary: "Find the offers whose time is over",
    trigger: Trigger::Schedule(Schedule {
        expression: "cron(5 * * * ? *)",
        zone: "Asia/Kolkata",
        handle: |app, run| Box::pin(handle(app, run)),
    }),
    needs: &[Need::QueryIndex(Index::Due), Need::Send(&OFFER_DUE_QUEUE), Need::Secret(&CURSOR_KEY)],
    ..Function::WORKER
};

async fn handle(app: &App, _: Run) -> Result<(), Error> {
    for kind in [OFFER_DUE, STALE_DUE] {
        fan_out(app, kind, &OFFER_DUE_QUEUE, OfferDue::named_by).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::SignedDuration;
    use serde_json::Value;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        consumers::on_offer_due,
        testing::{applied, approved, profile_done, stored_application},
    };

    /// Runs the job for the present moment and hands back what it sent.
    async fn sent(stand: &Stand) -> Vec<Value> {
        stand.run(&FUNCTION, stand.now()).await.unwrap();
        let queue = "quintet-test-lending-offer-due";
        let messages = stand.cloud().queues().receive(queue, 100, Duration::ZERO).await;
        for message in &messages {
            stand.cloud().queues().delete(queue, &message.receipt_handle).unwrap();
        }
        messages.iter().map(|message| serde_json::from_str(&message.body).unwrap()).collect()
    }

    #[tokio::test]
    async fn what_is_due_is_handed_on_and_what_is_not_is_left_alone() {
        let stand = Stand::new().await;
        let mut ids = Vec::new();
        for n in 0..3 {
            let cookie = profile_done(&stand, &format!("987654321{n}")).await;
            ids.push(applied(&stand, &cookie).await);
            if n < 2 {
                approved(&stand, &ids[n]).await;
            }
        }
        assert!(sent(&stand).await.is_empty());
        stand.advance(SignedDuration::from_hours(8 * 24));
        let due = sent(&stand).await;
        let mut named: Vec<&str> = due.iter().map(|due| due["application"].as_str().unwrap()).collect();
        named.sort_unstable();
        let mut expected = ids[..2].to_vec();
        expected.sort_unstable();
        assert_eq!(named, expected, "the third one only waits");
        assert!(sent(&stand).await.is_empty(), "a due time is done once");

        stand.deliver(&on_offer_due::FUNCTION, &due[0]).await.unwrap();
        stand.advance(SignedDuration::from_hours(1));
        assert_eq!(sent(&stand).await, due[1..], "what was not done is found again");
        stand.advance(SignedDuration::from_hours(22 * 24));
        stand.deliver(&on_offer_due::FUNCTION, &due[1]).await.unwrap();
        assert_eq!(sent(&stand).await[0]["application"], ids[2], "nobody moved it on for thirty days");
        assert_eq!(
            serde_json::to_value(stored_application(&stand, &ids[1]).await.status).unwrap(),
            "expired"
        );
    }
}
