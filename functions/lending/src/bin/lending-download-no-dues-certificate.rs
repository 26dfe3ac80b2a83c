//! Download the no-dues certificate of a loan
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::loans::download_no_dues::FUNCTION)
}
