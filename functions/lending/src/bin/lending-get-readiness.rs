//! Tell whether what the service stands on answers
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::service::get_readiness::FUNCTION)
}
