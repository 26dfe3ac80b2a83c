//! The staff, kept by admins.
pub mod add;
pub mod list;
pub mod reset;
pub mod set_status;
pub mod update;

use serde::Serialize;
use shared::{
    app::App,
    codes,
    error::Error,
    identity::staff::{StaffId, StaffMember, StaffView},
    table::Stored,
};
use utoipa::ToSchema;

use crate::{WING, staff::Role};

/// A member with the version that a change must name.
#[derive(Debug, Serialize, ToSchema)]
pub struct Member {
    #[serde(flatten)]
    member: StaffView,
    /// For `If-Match`.
    version: u64,
}

impl Member {
    fn of(stored: &Stored<StaffMember>) -> Self {
        Self { member: stored.view(), version: stored.revision() }
    }
}

/// The member, or 404. Needs `Get`.
async fn find(app: &App, id: StaffId) -> Result<Stored<StaffMember>, Error> {
    app.table().get(StaffMember::at(&WING, id)).await?.ok_or_else(|| codes::NOT_FOUND.into())
}

/// At least one role, each once, in the order of the registry.
fn roles(mut asked: Vec<Role>) -> Result<Vec<String>, Error> {
    asked.sort_unstable();
    asked.dedup();
    if asked.is_empty() {
        return Err(Error::invalid_field("roles", "required", "must name at least one role"));
    }
    Ok(asked.into_iter().map(|role| role.name().to_owned()).collect())
}
