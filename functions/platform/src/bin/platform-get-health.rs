//! Tell whether the service is up
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&platform::endpoints::get_health::FUNCTION)
}
