//! Show how far the profile is
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::profile::get_status::FUNCTION)
}
