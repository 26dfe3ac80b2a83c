//! Record money that came in by hand or by bank transfer
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::endpoints::servicing::record_repayment::FUNCTION)
}
