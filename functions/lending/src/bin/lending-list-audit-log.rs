//! Read the audit log
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::audit::list::FUNCTION)
}
