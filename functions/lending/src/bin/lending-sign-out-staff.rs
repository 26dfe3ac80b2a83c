//! Sign a member of staff out
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::staff_auth::sign_out::FUNCTION)
}
