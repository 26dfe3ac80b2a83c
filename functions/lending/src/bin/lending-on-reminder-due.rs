//! Remind a borrower of an instalment
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::consumers::on_reminder_due::FUNCTION)
}
