//! Post what fell due of a loan and count its days past due
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::consumers::on_loan_due::FUNCTION)
}
