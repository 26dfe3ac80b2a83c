//! Sign every device out
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::auth::logout_all::FUNCTION)
}
