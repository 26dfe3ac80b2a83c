//! Show how a payment would be split
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::loans::preview_payment::FUNCTION)
}
