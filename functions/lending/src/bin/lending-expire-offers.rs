//! Find the offers whose time is over
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::schedules::expire_offers::FUNCTION)
}
