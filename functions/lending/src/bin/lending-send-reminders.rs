//! Find the borrowers who are to be reminded of an instalment
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::schedules::send_reminders::FUNCTION)
}
