//! Describe this API for programs
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::service::get_openapi::FUNCTION)
}
