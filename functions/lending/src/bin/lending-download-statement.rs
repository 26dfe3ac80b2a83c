//! Download the statement of a loan
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::loans::download_statement::FUNCTION)
}
