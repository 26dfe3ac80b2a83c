//! Sign one device out
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::auth::end_session::FUNCTION)
}
