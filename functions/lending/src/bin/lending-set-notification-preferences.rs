//! Choose which notifications reach phone and mailbox
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::notifications::set_preferences::FUNCTION)
}
