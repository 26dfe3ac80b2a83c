//! Give up a loan in the books
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::servicing::write_off::FUNCTION)
}
