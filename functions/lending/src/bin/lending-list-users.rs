//! Find borrowers
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::users::list::FUNCTION)
}
