//! Sign in with the code from the SMS
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::auth::verify_otp::FUNCTION)
}
