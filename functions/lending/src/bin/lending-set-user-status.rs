//! Block a borrower or let them in again
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::users::set_status::FUNCTION)
}
