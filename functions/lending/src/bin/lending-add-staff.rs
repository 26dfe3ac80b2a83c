//! Take somebody into the staff
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::admin_users::add::FUNCTION)
}
