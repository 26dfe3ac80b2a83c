//! Take back a receipt that did not come after all
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::servicing::reverse_repayment::FUNCTION)
}
