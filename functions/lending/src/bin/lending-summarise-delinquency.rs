//! Show how late the loans are
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::delinquency::summarise::FUNCTION)
}
