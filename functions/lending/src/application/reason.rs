//! Why an application was refused, as a code for us and in plain words for the borrower.
use serde::{Deserialize, Serialize};
use shared::{deserr::Deserr, http::FieldErrors};
use utoipa::ToSchema;

/// A reason to refuse an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Deserr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[deserr(error = FieldErrors)]
pub enum RejectReason {
    /// The income does not carry the instalment.
    #[deserr(rename = "income_too_low")]
    IncomeTooLow,
    /// Other loans take too much of it.
    #[deserr(rename = "existing_obligations")]
    ExistingObligations,
    /// Earlier loans were not repaid as agreed.
    #[deserr(rename = "credit_history")]
    CreditHistory,
    /// The employment could not be confirmed.
    #[deserr(rename = "employment_not_verified")]
    EmploymentNotVerified,
    /// Documents are missing or cannot be read.
    #[deserr(rename = "documents_not_clear")]
    DocumentsNotClear,
    /// Name, PAN or date of birth do not fit together.
    #[deserr(rename = "identity_mismatch")]
    IdentityMismatch,
    /// Age, place or occupation lie outside of what we may lend to.
    #[deserr(rename = "outside_policy")]
    OutsidePolicy,
    /// Something that only the note says.
    #[deserr(rename = "other")]
    Other,
}

impl RejectReason {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::IncomeTooLow,
        Self::ExistingObligations,
        Self::CreditHistory,
        Self::EmploymentNotVerified,
        Self::DocumentsNotClear,
        Self::IdentityMismatch,
        Self::OutsidePolicy,
        Self::Other,
    ];

    /// What the borrower reads; fits into an SMS.
    pub const fn in_plain_words(self) -> &'static str {
        match self {
            Self::IncomeTooLow => "your income is too low for this instalment",
            Self::ExistingObligations => "your other loans already take a large part of your income",
            Self::CreditHistory => "earlier loans were not repaid as agreed",
            Self::EmploymentNotVerified => "we could not confirm your employment",
            Self::DocumentsNotClear => "documents are missing or cannot be read",
            Self::IdentityMismatch => "name, PAN and date of birth do not fit together",
            Self::OutsidePolicy => "it lies outside of what we may lend",
            Self::Other => "please contact support for the reason",
        }
    }
}
