//! List your loan applications
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::applications::list::FUNCTION)
}
