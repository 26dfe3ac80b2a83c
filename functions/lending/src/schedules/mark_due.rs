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
