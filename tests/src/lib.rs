//! What the flow tests share: a whole house on free ports, and people who talk to it over HTTP.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "helpers of tests fail the test, loudly")]
mod house;
mod lending;
mod person;
mod routes;
mod staff;

pub use self::{
    house::{BEGIN, House, leave_out},
    lending::{Case, employment, finances, paise, sum},
    person::{Answer, Person},
    routes::{method, path_with, routes, served_by},
    staff::PASSWORD,
};
