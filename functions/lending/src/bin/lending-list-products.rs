//! List the loan products on offer
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::products::list::FUNCTION)
}
