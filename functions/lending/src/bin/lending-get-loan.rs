//! Show a loan with its payments
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::loans::get::FUNCTION)
}
