//! The borrower: who they are and how far their profile has come.
mod details;
mod user;

pub use details::{age_on, AdditionalDetails, BasicDetails, FullName, Gender, MaritalStatus, Occupation, Pan, Pincode};
pub use user::{PanTaken, PhoneTaken, Step, User, UserId, UserStatus};
