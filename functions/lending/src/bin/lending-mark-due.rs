//! Find the loans of which something falls due
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::schedules::mark_due::FUNCTION)
}
