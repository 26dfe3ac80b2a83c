//! Apply for a loan
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::applications::apply::FUNCTION)
}
