//! Take a loan application back
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::applications::withdraw::FUNCTION)
}
