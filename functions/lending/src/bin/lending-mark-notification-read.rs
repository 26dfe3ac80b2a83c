//! Mark a notification as read
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::notifications::mark_read::FUNCTION)
}
