//! Tell whether the service is up
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::service::get_health::FUNCTION)
}
