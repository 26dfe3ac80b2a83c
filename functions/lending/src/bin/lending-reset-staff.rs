//! Let a member of staff begin anew
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::admin_users::reset::FUNCTION)
}
