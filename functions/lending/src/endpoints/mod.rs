//! One file for each endpoint, always with the same parts in the same order: what it is, `FUNCTION`, `Request`, `Response`,
//! `handle`, refusals, tests.
pub mod admin_users;
pub mod applications;
pub mod audit;
pub mod auth;
pub mod bank_details;
pub mod dashboard;
pub mod delinquency;
pub mod eligibility;
pub mod emi;
pub mod employment;
pub mod finances;
pub mod ledger;
pub mod loans;
pub mod notifications;
pub mod products;
pub mod profile;
pub mod references;
pub mod reviews;
pub mod service;
pub mod servicing;
pub mod settings;
pub mod staff_auth;
pub mod statistics;
pub mod transactions;
pub mod users;
