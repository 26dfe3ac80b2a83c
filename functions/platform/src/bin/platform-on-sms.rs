//! Send a notice by SMS
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&platform::consumers::sms::FUNCTION)
}
