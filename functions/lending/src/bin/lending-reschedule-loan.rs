//! Give a loan a new schedule
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::servicing::reschedule::FUNCTION)
}
