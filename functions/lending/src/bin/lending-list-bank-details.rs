//! List the bank accounts
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::bank_details::list::FUNCTION)
}
