//! Send a sign-in code to a mobile number
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::auth::send_otp::FUNCTION)
}
