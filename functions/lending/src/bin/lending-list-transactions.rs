//! List the transactions
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::transactions::list::FUNCTION)
}
