//! Tell whether what the service stands on answers
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&platform::endpoints::get_readiness::FUNCTION)
}
