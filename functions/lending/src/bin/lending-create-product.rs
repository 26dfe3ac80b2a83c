//! Add a loan product
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::products::create::FUNCTION)
}
