//! Record that an accepted loan was paid out
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::servicing::disburse::FUNCTION)
}
