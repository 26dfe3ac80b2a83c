//! Give the additional details of the profile
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::profile::update_additional::FUNCTION)
}
