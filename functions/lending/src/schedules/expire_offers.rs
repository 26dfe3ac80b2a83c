//! Every hour: finds the offers and the waiting applications whose time is over and hands each to its consumer.
use shared::{
    app::App,
    error::Error,
    function::{Function, Need, Schedule, Trigger},
    outbox::Outgoing,
    runtime::Run,
    table::{Index, Sought, Write, due},
};

use crate::{
    WING,
    application::{LoanApplication, OFFER_DUE, STALE_DUE},
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
    needs: &[Need::QueryIndex(Index::Due), Need::Put],
    ..Function::WORKER
};

/// Of one kind in one shard at most so many in one run; what is left waits an hour.
const MOST: usize = 1000;
/// So many messages go in one transaction.
const TOGETHER: usize = 50;

async fn handle(app: &App, _: Run) -> Result<(), Error> {
    for kind in [OFFER_DUE, STALE_DUE] {
        for shard in 0..due::SHARDS {
            let found = app.table().list(&due::in_shard(kind, shard, app.now()), MOST).await?;
            for some in found.chunks(TOGETHER) {
                app.table().write(hand_on(app, some)?).await?;
            }
        }
    }
    Ok(())
}

fn hand_on(app: &App, found: &[Sought]) -> Result<Write, Error> {
    let named = found.iter().filter_map(|sought| LoanApplication::named_by(&sought.key));
    named.into_iter().try_fold(Write::new(), |write, (user, application)| {
        Ok(write.create(&Outgoing::new(app, &WING, &OFFER_DUE_QUEUE, &OfferDue { user, application })?))
    })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::{applied, approved, profile_done};

    /// How many messages lie in the outbox for the consumer.
    async fn handed_on(stand: &Stand) -> usize {
        stand.everything_stored().await.matches("\"queue\": S(\"lending-offer-due\")").count()
    }

    #[tokio::test]
    async fn what_is_due_is_handed_on_and_what_is_not_is_left_alone() {
        let stand = Stand::new().await;
        for n in 0..3 {
            let cookie = profile_done(&stand, &format!("987654321{n}")).await;
            let id = applied(&stand, &cookie).await;
            if n < 2 {
                approved(&stand, &id).await;
            }
        }
        assert!(stand.run(&FUNCTION, stand.now()).await.unwrap());
        assert_eq!(handed_on(&stand).await, 0);
        stand.advance(SignedDuration::from_hours(8 * 24));
        assert!(stand.run(&FUNCTION, stand.now()).await.unwrap());
        assert_eq!(handed_on(&stand).await, 2, "the third one only waits");
        assert!(!stand.run(&FUNCTION, stand.now()).await.unwrap(), "a due time is done once");
        assert_eq!(handed_on(&stand).await, 2);
        stand.advance(SignedDuration::from_hours(22 * 24));
        assert!(stand.run(&FUNCTION, stand.now()).await.unwrap());
        assert_eq!(handed_on(&stand).await, 5, "nobody took the first two away, so they are due again");
    }
}
