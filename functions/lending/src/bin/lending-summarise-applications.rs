//! Count your loan applications by status
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::applications::summarise::FUNCTION)
}
