//! Approve a loan application
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::reviews::approve::FUNCTION)
}
