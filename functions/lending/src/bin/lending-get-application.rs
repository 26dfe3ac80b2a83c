//! Show one of your loan applications
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::applications::get::FUNCTION)
}
