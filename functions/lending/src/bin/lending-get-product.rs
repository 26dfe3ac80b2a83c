//! Show one loan product
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::products::get::FUNCTION)
}
