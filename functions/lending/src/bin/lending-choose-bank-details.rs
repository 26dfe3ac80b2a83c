//! Choose the account for the payout
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::bank_details::choose::FUNCTION)
}
