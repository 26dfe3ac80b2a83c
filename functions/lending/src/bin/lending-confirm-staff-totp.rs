//! Turn a new authenticator on
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::staff_auth::confirm_totp::FUNCTION)
}
