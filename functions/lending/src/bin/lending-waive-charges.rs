//! Forgive charges of a loan
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::servicing::waive::FUNCTION)
}
