//! List the loans that are not yet repaid
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::loans::list_pending::FUNCTION)
}
