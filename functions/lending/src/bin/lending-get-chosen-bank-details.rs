//! Show the account chosen for an application
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::bank_details::get_chosen::FUNCTION)
}
