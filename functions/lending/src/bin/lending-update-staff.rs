//! Change the name or the roles of a member of staff
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::admin_users::update::FUNCTION)
}
