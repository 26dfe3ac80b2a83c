//! Let an offer expire when its time is over
fn main() -> std::process::ExitCode {
    shared::runtime::serve(&lending::consumers::on_offer_due::FUNCTION)
}
