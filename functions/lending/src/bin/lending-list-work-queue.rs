//! List loan applications for staff
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::reviews::list::FUNCTION)
}
