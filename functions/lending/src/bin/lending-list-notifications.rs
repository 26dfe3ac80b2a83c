//! List your notifications
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::notifications::list::FUNCTION)
}
