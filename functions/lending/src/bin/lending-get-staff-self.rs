//! Show the signed-in member of staff
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::staff_auth::get_self::FUNCTION)
}
