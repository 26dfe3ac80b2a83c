//! Show the signed-in borrower
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::auth::get_profile::FUNCTION)
}
