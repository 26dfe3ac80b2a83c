//! List the running loans by days past due
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::delinquency::list_loans::FUNCTION)
}
