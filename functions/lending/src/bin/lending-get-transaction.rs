//! Show a transaction
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::transactions::get::FUNCTION)
}
