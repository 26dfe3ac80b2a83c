//! List the devices you are signed in on
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::auth::list_sessions::FUNCTION)
}
