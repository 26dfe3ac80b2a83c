//! Take a loan application into review
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::reviews::review::FUNCTION)
}
