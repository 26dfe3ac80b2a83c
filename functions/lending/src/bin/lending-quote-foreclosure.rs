//! Show what settles a loan early
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::loans::quote_foreclosure::FUNCTION)
}
