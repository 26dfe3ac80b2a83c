//! Name people who know the borrower
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::references::give::FUNCTION)
}
