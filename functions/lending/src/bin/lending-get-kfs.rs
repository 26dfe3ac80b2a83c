//! Show the Key Fact Statement of an offer
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::applications::get_kfs::FUNCTION)
}
