//! Show the employment details
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::employment::get::FUNCTION)
}
