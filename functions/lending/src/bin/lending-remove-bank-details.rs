//! Remove a bank account
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::bank_details::remove::FUNCTION)
}
