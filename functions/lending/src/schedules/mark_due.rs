//! A quarter past midnight in India: finds the loans that time alone changes today (an instalment falls due, another day is
//! past due) and hands each to its consumer.
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
    consumers::on_loan_due::{LOAN_DUE_QUEUE, LoanDue},
    loan_account::Loan,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-mark-due",
    module: module_path!(),
    wing: &WING,
    summary: "Find the loans of which something falls due",
    trigger: Trigger::Schedule(Schedule {
        expression: "cron(15 0 * * ? *)",
        zone: "Asia/Kolkata",
        handle: |app, run| Box::pin(handle(app, run)),
    }),
    needs: &[Need::QueryIndex(Index::Due), Need::Send(&LOAN_DUE_QUEUE), Need::Secret(&CURSOR_KEY)],
    timeout_s: 600,
    ..Function::WORKER
};

async fn handle(app: &App, _: Run) -> Result<(), Error> {
    fan_out(app, Loan::DUE, &LOAN_DUE_QUEUE, LoanDue::named_by).await.map(drop)
}

#[cfg(test)]
mod tests {
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        consumers::on_loan_due,
        testing::{go_to, paid_out, work_off},
    };

    #[tokio::test]
    async fn every_loan_of_the_day_is_handed_on_once_and_again_only_while_it_is_not_done() {
        let stand = Stand::new().await;
        for n in 0..6 {
            paid_out(&stand, &format!("98765432{n:02}")).await;
        }
        let consumer = &on_loan_due::FUNCTION;
        assert!(stand.run(&FUNCTION, stand.now()).await.unwrap());
        assert_eq!(work_off(&stand, consumer).await, 0);
        go_to(&stand, "2026-02-05");
        assert!(stand.run(&FUNCTION, stand.now()).await.unwrap());
        assert!(!stand.run(&FUNCTION, stand.now()).await.unwrap(), "a due time is done once");
        assert_eq!(work_off(&stand, consumer).await, 6);
        assert!(stand.run(&FUNCTION, stand.now() + jiff::SignedDuration::from_secs(1)).await.unwrap());
        assert_eq!(work_off(&stand, consumer).await, 0, "what is done is not due");
    }

    #[tokio::test]
    async fn while_the_queue_is_down_the_run_fails_and_is_made_up_for() {
        let stand = Stand::new().await;
        paid_out(&stand, "9876543210").await;
        go_to(&stand, "2026-02-05");
        stand.break_down("sqs");
        stand.run(&FUNCTION, stand.now()).await.unwrap_err();
        stand.mend("sqs");
        assert!(stand.run(&FUNCTION, stand.now()).await.unwrap());
        assert_eq!(work_off(&stand, &on_loan_due::FUNCTION).await, 1);
    }
}
