//! The rules of a loan: its schedule, its price, its running account and its end. No HTTP, no AWS, no clock: a day is an
//! argument, amounts are [`Paise`](shared::money::Paise), rates are annual percentages as exact decimals.
pub mod day_count;
pub mod due_dates;
pub mod precision;
pub mod schedule;

#[cfg(test)]
mod cases;
