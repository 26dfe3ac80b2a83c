//! Show the instalments of a loan
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::loans::get_schedule::FUNCTION)
}
