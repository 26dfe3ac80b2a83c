//! Borrowers, as staff see them.
pub mod get;
pub mod list;
pub mod set_status;

use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use shared::{
    error::Error,
    identity::{Vault, vault::masked},
    table::Stored,
};
use utoipa::ToSchema;

use crate::borrower::{FullName, Gender, MaritalStatus, Occupation, Pincode, User, UserId, UserStatus};

/// A borrower in a list. Identifiers are masked: a list is no place to read numbers off.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserLine {
    #[schema(value_type = String, example = "usr_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    id: UserId,
    #[schema(value_type = Option<String>)]
    full_name: Option<FullName>,
    /// All but the last four digits hidden.
    mobile: String,
    /// All but the last four characters hidden.
    pan: Option<String>,
    status: UserStatus,
    profile_completion_step: u8,
    #[schema(value_type = String)]
    created_at: Timestamp,
}

impl UserLine {
    fn of(vault: &Vault<'_>, user: &User) -> Result<Self, Error> {
        let mobile = vault.open(&user.id.to_string(), "phone", &user.phone)?;
        let basic = user.basic.as_ref();
        Ok(Self {
            id: user.id,
            full_name: basic.map(|basic| basic.full_name.clone()),
            mobile: masked(&mobile, 4),
            pan: basic.map(|basic| masked(&format!("XXXXXX{}", basic.pan_last4), 4)),
            status: user.status,
            profile_completion_step: user.profile_completion_step.number(),
            created_at: user.created_at,
        })
    }
}

/// A borrower with everything that staff need to work on their applications. The PAN stays masked.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserDetails {
    #[schema(value_type = String, example = "usr_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    id: UserId,
    mobile: String,
    status: UserStatus,
    /// Why they may not use the service.
    blocked_reason: Option<String>,
    profile_completion_step: u8,
    basic: Option<Basic>,
    additional: Option<Additional>,
    #[schema(value_type = String)]
    created_at: Timestamp,
    #[schema(value_type = String)]
    updated_at: Timestamp,
    /// For `If-Match`.
    version: u64,
}

/// The basic details.
#[derive(Debug, Serialize, ToSchema)]
pub struct Basic {
    #[schema(value_type = String)]
    full_name: FullName,
    #[schema(value_type = String, format = Date)]
    date_of_birth: Date,
    gender: Gender,
    /// All but the last four characters hidden.
    pan: String,
    email: String,
}

/// The additional details.
#[derive(Debug, Serialize, ToSchema)]
pub struct Additional {
    address_line1: String,
    address_line2: Option<String>,
    city: String,
    state: String,
    #[schema(value_type = String)]
    pincode: Pincode,
    marital_status: MaritalStatus,
    occupation: Occupation,
}

impl UserDetails {
    fn of(vault: &Vault<'_>, user: &Stored<User>) -> Result<Self, Error> {
        let mobile = vault.open(&user.id.to_string(), "phone", &user.phone)?;
        Ok(Self {
            id: user.id,
            mobile,
            status: user.status,
            blocked_reason: user.blocked_reason.clone(),
            profile_completion_step: user.profile_completion_step.number(),
            basic: user.basic.clone().map(|basic| Basic {
                full_name: basic.full_name,
                date_of_birth: basic.date_of_birth,
                gender: basic.gender,
                pan: masked(&format!("XXXXXX{}", basic.pan_last4), 4),
                email: basic.email,
            }),
            additional: user.additional.clone().map(|more| Additional {
                address_line1: more.address_line1,
                address_line2: more.address_line2,
                city: more.city,
                state: more.state,
                pincode: more.pincode,
                marital_status: more.marital_status,
                occupation: more.occupation,
            }),
            created_at: user.created_at,
            updated_at: user.updated_at,
            version: user.revision(),
        })
    }
}
