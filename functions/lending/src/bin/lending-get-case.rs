//! Show a loan application to staff
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::reviews::get::FUNCTION)
}
