//! Change a setting
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::settings::update::FUNCTION)
}
