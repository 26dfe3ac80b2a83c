//! The borrower: who they are and how far their profile has come.
mod bank;
mod details;
mod email_change;
mod employment;
mod finances;
mod references;
mod user;

pub use bank::{AccountNumber, AccountTaken, BankDetails, BankDetailsId, Ifsc, NameMatch, PennyDrop};
pub use details::{
    AdditionalDetails, BasicDetails, FullName, Gender, Language, MaritalStatus, Occupation, Pan, Pincode,
    age_on,
};
pub use email_change::{EmailChange, EmailToken};
pub use employment::{EmploymentDetails, EmploymentType, Expense, Income, MonthDay};
pub use finances::FinancialDetails;
pub use references::{LoanReferences, Reference, Relation};
pub use user::{PanTaken, PhoneTaken, Step, User, UserId, UserStatus, month_of};
