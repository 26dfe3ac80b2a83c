//! Confirm a new e-mail address
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::auth::confirm_email::FUNCTION)
}
