//! See an account of the ledger with its entries
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::ledger::get_account::FUNCTION)
}
