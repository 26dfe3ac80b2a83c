//! List the loans
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::loans::list::FUNCTION)
}
