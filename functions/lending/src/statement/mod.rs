//! What a borrower takes away on paper or in a file: the statement of a loan and the certificate that nothing
//! is due any more. The figures come from the replay that also makes the schedule; nothing is added up anew.
mod csv;
mod entries;
mod font;
mod paper;
mod pdf;
mod rupees;

pub use self::{
    csv::write as csv,
    entries::{Entry, Statement, owed},
    paper::{no_dues_certificate, statement as pdf},
};

#[cfg(test)]
pub(crate) use self::pdf::tests as testing;
