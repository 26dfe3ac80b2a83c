//! Show how much you could borrow
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::eligibility::get::FUNCTION)
}
