//! Nine in the morning in India: finds the loans whose borrowers are to be reminded and hands each to its consumer.
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
    consumers::on_reminder_due::{REMINDER_DUE_QUEUE, ReminderDue},
    loan_account::ReminderDuty,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-send-reminders",
    module: module_path!(),
    wing: &WING,
    summary: "Find the borrowers who are to be reminded of an instalment",
    trigger: Trigger::Schedule(Schedule {
        expression: "cron(0 9 * * ? *)",
        zone: "Asia/Kolkata",
        handle: |app, run| Box::pin(handle(app, run)),
    }),
    needs: &[Need::QueryIndex(Index::Due), Need::Send(&REMINDER_DUE_QUEUE), Need::Secret(&CURSOR_KEY)],
    timeout_s: 600,
    ..Function::WORKER
};

async fn handle(app: &App, _: Run) -> Result<(), Error> {
    fan_out(app, ReminderDuty::DUE, &REMINDER_DUE_QUEUE, ReminderDue::named_by).await.map(drop)
}
