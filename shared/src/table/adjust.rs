//! The narrow operation for hot numbers: adds to attributes in place, within bounds that are part of the same write.
use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError,
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use super::{Address, Entity, Key, Stored, Table, entity, entity::text, refused, schema::attr};
use crate::error::Error;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

/// Adds to numeric attributes of the `E` at a key, creating it when it is not there. Replacing writes never touch such an
/// entity, so its numbers need no revision.
#[derive(Debug)]
pub struct Adjust {
    pub(super) key: Key,
    adds: Vec<String>,
    sets: Vec<String>,
    bounds: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Adjust {
    /// An adjustment of the `E` at `address`.
    pub fn of<E: Entity>(address: &Address<E>) -> Self {
        Self {
            key: address.key.clone(),
            adds: Vec::new(),
            sets: Vec::new(),
            bounds: Vec::new(),
            names: HashMap::new(),
            values: HashMap::new(),
        }
        .set(attr::ENTITY, text(E::NAME))
    }

    /// Adds `delta` to `field`; a missing field counts as zero.
    #[must_use]
    pub fn add(mut self, field: &str, delta: i64) -> Self {
        let (name, value) = self.bind(field, entity::number(delta));
        self.adds.push(format!("{name} {value}"));
        self
    }

    /// Only while `field` is below `bound` before the addition.
    #[must_use]
    pub fn while_below(mut self, field: &str, bound: i64) -> Self {
        let (name, value) = self.bind(field, entity::number(bound));
        self.bounds.push(format!("(attribute_not_exists({name}) OR {name} < {value})"));
        self
    }

    /// Only while `field` is at least `bound` before the addition; a missing field counts as zero.
    #[must_use]
    pub fn while_at_least(mut self, field: &str, bound: i64) -> Self {
        let (name, value) = self.bind(field, entity::number(bound));
        let missing = if bound <= 0 { format!("attribute_not_exists({name}) OR ") } else { String::new() };
        self.bounds.push(format!("({missing}{name} >= {value})"));
        self
    }

    /// Only while `field` is above `bound` before the addition.
    #[must_use]
    pub fn while_above(mut self, field: &str, bound: i64) -> Self {
        let (name, value) = self.bind(field, entity::number(bound));
        self.bounds.push(format!("{name} > {value}"));
        self
    }

    /// Only while `field` has this text.
    #[must_use]
    pub fn while_is(mut self, field: &str, wanted: &str) -> Self {
        let (name, value) = self.bind(field, text(wanted));
        self.bounds.push(format!("{name} = {value}"));
        self
    }

    /// States a field of the entity that does not change, such as what it counts.
    #[must_use]
    pub fn stating(self, field: &str, value: &str) -> Self {
        self.set(field, text(value))
    }

    /// Lets the table drop the item some time after `at`.
    #[must_use]
    pub fn expiring(self, at: Timestamp) -> Self {
        self.set(attr::EXPIRES_AT, entity::number(at.as_second()))
    }

    fn set(mut self, field: &str, value: AttributeValue) -> Self {
        let (name, value) = self.bind(field, value);
        self.sets.push(format!("{name} = {value}"));
        self
    }

    /// Every name and value gets a placeholder, so that no field name can meet a reserved word.
    fn bind(&mut self, field: &str, value: AttributeValue) -> (String, String) {
        let index = self.values.len();
        let name = format!("#n{index}");
        let placeholder = format!(":v{index}");
        self.names.insert(name.clone(), field.to_owned());
        self.values.insert(placeholder.clone(), value);
        (name, placeholder)
    }

    pub(super) fn expression(&self) -> String {
        let adds =
            if self.adds.is_empty() { String::new() } else { format!(" ADD {}", self.adds.join(", ")) };
        format!("SET {}{adds}", self.sets.join(", "))
    }

    pub(super) fn condition(&self) -> Option<String> {
        (!self.bounds.is_empty()).then(|| self.bounds.join(" AND "))
    }

    pub(super) fn names(&self) -> HashMap<String, String> {
        self.names.clone()
    }

    pub(super) fn values(&self) -> HashMap<String, AttributeValue> {
        self.values.clone()
    }
}

impl Table {
    /// Carries out one adjustment and hands back the numbers after it; `refusal` when a bound was not met.
    pub async fn adjust<E: Entity>(
        &self,
        adjust: Adjust,
        refusal: impl Into<Error>,
    ) -> Result<Stored<E>, Error> {
        self.adjust_or(adjust, |_: Option<E>| refusal.into()).await
    }

    /// As [`Table::adjust`], with the value that did not meet the bounds, if there is one.
    pub async fn adjust_or<E: Entity>(
        &self,
        adjust: Adjust,
        refusal: impl FnOnce(Option<E>) -> Error,
    ) -> Result<Stored<E>, Error> {
        let reply = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(entity::key_item(&adjust.key)))
            .update_expression(adjust.expression())
            .set_condition_expression(adjust.condition())
            .set_expression_attribute_names(Some(adjust.names()))
            .set_expression_attribute_values(Some(adjust.values()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match reply {
            Ok(reply) => Ok(entity::from_item(reply.attributes.unwrap_or_default())?),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    let old = failed.item.clone().and_then(|item| entity::from_item::<E>(item).ok());
                    Err(refusal(old.map(|stored| stored.value)))
                }
                _ => Err(refused(error).into()),
            },
        }
    }
}
