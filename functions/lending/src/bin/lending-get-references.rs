//! Show the people named for an application
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::references::get::FUNCTION)
}
