//! Settings of the house, kept by admins.
pub mod get;
pub mod list;
pub mod update;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use shared::table::Stored;
use utoipa::ToSchema;

use crate::settings::{Registered, StoredSetting};

/// A setting as admins see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Shown {
    key: &'static str,
    summary: &'static str,
    /// `text`, `percentage`, `rupees`, `days`.
    kind: &'static str,
    /// What may be set.
    rule: &'static str,
    /// What it is now.
    value: Value,
    /// What it is until somebody sets it.
    default: Value,
    /// For `If-Match`; 0 where nobody has set it.
    version: u64,
    /// Who set it last.
    updated_by: Option<String>,
    #[schema(value_type = Option<String>)]
    updated_at: Option<Timestamp>,
}

impl Shown {
    fn of(setting: &dyn Registered, stored: Option<&Stored<StoredSetting>>) -> Self {
        let value = stored.and_then(|stored| setting.accept(&stored.value.value));
        Self {
            key: setting.key(),
            summary: setting.summary(),
            kind: setting.kind(),
            rule: setting.rule(),
            value: value.unwrap_or_else(|| setting.default()),
            default: setting.default(),
            version: stored.map_or(0, Stored::revision),
            updated_by: stored.map(|stored| stored.updated_by.clone()),
            updated_at: stored.map(|stored| stored.updated_at),
        }
    }
}
