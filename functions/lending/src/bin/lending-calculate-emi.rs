//! Calculate the instalment and the schedule of a loan
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::emi::calculate::FUNCTION)
}
