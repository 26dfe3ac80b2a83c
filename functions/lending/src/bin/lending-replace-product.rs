//! Change a loan product
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::products::replace::FUNCTION)
}
