//! Choose another password
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::staff_auth::change_password::FUNCTION)
}
