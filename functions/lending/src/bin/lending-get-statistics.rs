//! Show the house in numbers
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::statistics::get::FUNCTION)
}
