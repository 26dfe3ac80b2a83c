//! Show the offer for a loan application
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::applications::get_offer::FUNCTION)
}
