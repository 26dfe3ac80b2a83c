//! Prove the books of every wing
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&platform::schedules::prove_ledgers::FUNCTION)
}
