//! Sign a member of staff in
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::staff_auth::sign_in::FUNCTION)
}
