//! Describe this API for programs
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&platform::endpoints::get_openapi::FUNCTION)
}
