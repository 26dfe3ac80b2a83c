//! Send a notice by e-mail
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&platform::consumers::email::FUNCTION)
}
