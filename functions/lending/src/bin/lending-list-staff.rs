//! List the staff
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::admin_users::list::FUNCTION)
}
