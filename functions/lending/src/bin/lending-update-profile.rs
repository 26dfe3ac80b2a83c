//! Change name, e-mail address or language
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::auth::update_profile::FUNCTION)
}
