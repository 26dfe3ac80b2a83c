//! Show a borrower to staff
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::users::get::FUNCTION)
}
