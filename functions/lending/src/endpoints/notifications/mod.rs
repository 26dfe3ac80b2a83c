//! What the house told the borrower, in the app.
pub mod list;
pub mod mark_read;
pub mod set_preferences;

use serde::Serialize;
use utoipa::ToSchema;

/// What reaches the phone and the mailbox, besides the app.
#[derive(Debug, Serialize, ToSchema)]
pub struct Preferences {
    /// Reminders and news. Notices about the borrower's money and rights always come.
    optional: bool,
}
