//! See the trial balance of the ledger
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::ledger::get_trial_balance::FUNCTION)
}
