//! List the settings
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::settings::list::FUNCTION)
}
