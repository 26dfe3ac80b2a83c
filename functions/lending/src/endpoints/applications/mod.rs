//! Loan applications of the signed-in borrower, from the asking to the signature.
pub mod accept;
pub mod apply;
pub mod get;
pub mod get_kfs;
pub mod get_offer;
pub mod list;
pub mod send_accept_otp;
pub mod summarise;
mod view;
pub mod withdraw;

pub use view::{ApplicationView, NextStep, OfferView, ScheduleLine};

use shared::{
    app::App,
    codes,
    error::Error,
    identity::{IndianMobile, Vault, otp::Rules},
    table::Stored,
};

use crate::{
    application::{ApplicationId, LoanApplication, Offer},
    borrower::User,
    codes as lending_codes,
    loan::state::ApplicationStatus,
};

/// Codes that sign an offer: five minutes, five guesses.
pub const ACCEPT_OFFER: Rules = Rules {
    purpose: "accept-offer",
    life_s: 300,
    attempts: 5,
    template: "{code} is your Pocket Credit code to accept your loan offer. It is valid for 5 minutes. Do not share it with anyone.",
};

/// The borrower's own application `id`. Needs `Get`.
async fn own(app: &App, user: &User, id: ApplicationId) -> Result<Stored<LoanApplication>, Error> {
    app.table().get(LoanApplication::at(user.id, id)).await?.ok_or_else(|| codes::NOT_FOUND.into())
}

/// The offer of an application: 404 before there is one, 409 once its time is over by the clock. After it was accepted it can
/// still be read, because the borrower keeps what they signed.
fn offer_of(app: &App, application: &LoanApplication) -> Result<Offer, Error> {
    let offer = application.offer.as_ref().ok_or(codes::NOT_FOUND)?;
    match application.status_at(app.now()) {
        ApplicationStatus::Expired => {
            Err(Error::new(lending_codes::OFFER_EXPIRED).with("valid_until", offer.valid_until.to_string()))
        }
        ApplicationStatus::Withdrawn => {
            Err(Error::new(lending_codes::NOT_IN_THAT_STATE).with("status", "withdrawn"))
        }
        _ => Ok(offer.clone()),
    }
}

/// The offer that waits for the borrower's signature.
fn open_offer_of(app: &App, application: &LoanApplication) -> Result<Offer, Error> {
    let offer = offer_of(app, application)?;
    if application.status != ApplicationStatus::Approved {
        let status = serde_json::to_value(application.status).unwrap_or_default();
        return Err(Error::new(lending_codes::NOT_IN_THAT_STATE).with("status", status));
    }
    Ok(offer)
}

/// The number that the borrower signs in with. Needs the field key.
fn mobile_of(app: &App, user: &User) -> Result<IndianMobile, Error> {
    let digits = Vault::of(app)?.open(&user.id.to_string(), "phone", &user.phone)?;
    IndianMobile::parse(&digits).ok_or_else(|| Error::internal("the stored number is not a mobile number"))
}
