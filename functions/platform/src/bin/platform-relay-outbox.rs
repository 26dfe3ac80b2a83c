//! Carry what must follow a write to its queue
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&platform::readers::relay_outbox::FUNCTION)
}
