//! Show everything at a glance
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::dashboard::get::FUNCTION)
}
