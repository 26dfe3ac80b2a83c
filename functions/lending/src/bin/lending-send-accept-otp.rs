//! Send the code that accepts an offer
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::applications::send_accept_otp::FUNCTION)
}
