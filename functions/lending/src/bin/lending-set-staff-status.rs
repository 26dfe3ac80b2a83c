//! Take a member's access away or give it back
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::admin_users::set_status::FUNCTION)
}
