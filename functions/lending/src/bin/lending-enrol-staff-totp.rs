//! Begin to use another authenticator
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::staff_auth::enrol_totp::FUNCTION)
}
