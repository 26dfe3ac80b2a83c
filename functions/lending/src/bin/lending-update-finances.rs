//! Change the financial details
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::finances::update::FUNCTION)
}
