//! The rules of a loan: its schedule, its price, its running account and its end. No HTTP, no AWS, no clock: a day is an
//! argument, amounts are [`Paise`](shared::money::Paise), rates are annual percentages as exact decimals.
pub mod account;
pub mod allocation;
pub mod apr;
pub mod day_count;
pub mod delinquency;
pub mod due_dates;
pub mod eligibility;
pub mod foreclosure;
pub mod kfs;
pub mod precision;
pub mod preview;
pub mod product;
mod replay;
pub mod schedule;
pub mod state;

#[cfg(test)]
mod cases;
