//! What must happen together: one conditional write, or one transaction of up to a hundred.
use aws_sdk_dynamodb::types::{
    CancellationReason, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    Update,
};

use super::{
    Address, Adjust, Entity, Item, Key, Stored, TRIES, Table, TableError,
    entity::{self, number},
    pause, refused,
    schema::attr,
};
use crate::{codes, error::Error};

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

const ABSENT: &str = "attribute_not_exists(pk)";
const PRESENT: &str = "attribute_exists(pk)";
const UNCHANGED: &str = "#revision = :revision";

/// Says what a failed condition means, given the item that stood in the way.
type Refusal = Box<dyn Fn(Option<Item>) -> Error + Send + Sync>;

#[derive(Clone)]
enum Action {
    Put {
        item: Item,
        condition: &'static str,
        revision: Option<u64>,
    },
    Delete {
        key: Key,
        condition: Option<&'static str>,
        revision: Option<u64>,
    },
    Check {
        key: Key,
        condition: &'static str,
        revision: Option<u64>,
    },
    Adjust {
        key: Key,
        update: String,
        condition: Option<String>,
        names: HashMap<String, String>,
        values: HashMap<String, AttributeValue>,
    },
}

/// A set of actions that happen all or not at all, each under its condition.
///
/// ```ignore
/// Write::new()
///     .create(&application)
///     .create(&PendingApplication::of(&application)).or(codes::PENDING_APPLICATION_EXISTS)
///     .replace(&user)
/// ```
#[derive(Default)]
#[must_use = "nothing is written until Table::write takes it"]
pub struct Write {
    actions: Vec<(Action, Refusal)>,
    broken: Option<TableError>,
}

impl Write {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a value where none is. Refused with `CHANGED_MEANWHILE` unless [`Write::or`] says better.
    pub fn create<E: Entity>(self, value: &E) -> Self {
        let item = entity::to_item(value, 1);
        self.push(item.map(|item| Action::Put { item, condition: ABSENT, revision: None }))
    }

    /// Puts several values where none are.
    pub fn create_all<'a, E: Entity + 'a>(self, values: impl IntoIterator<Item = &'a E>) -> Self {
        values.into_iter().fold(self, Write::create)
    }

    /// Puts the changed value over the one that was loaded, if nobody else did meanwhile.
    pub fn replace<E: Entity>(self, stored: &Stored<E>) -> Self {
        let item = if stored.value.key() == stored.key {
            entity::to_item(&stored.value, stored.revision + 1)
        } else {
            Err(TableError::Shape(E::NAME, "a replaced value must keep its key".to_owned()))
        };
        self.push(item.map(|item| Action::Put {
            item,
            condition: UNCHANGED,
            revision: Some(stored.revision),
        }))
    }

    /// Puts `value` whether or not one is there: for values that are recomputed whole, such as a read model.
    pub fn overwrite<E: Entity>(self, value: &E) -> Self {
        let item = entity::to_item(value, 1);
        self.push(item.map(|item| Action::Put { item, condition: "", revision: None }))
    }

    /// Takes away the value that was loaded, if nobody changed it meanwhile.
    pub fn delete<E: Entity>(self, stored: &Stored<E>) -> Self {
        let revision = Some(stored.revision);
        self.push(Ok(Action::Delete { key: stored.key.clone(), condition: Some(UNCHANGED), revision }))
    }

    /// Takes away whatever is at `address`, if anything is.
    pub fn erase<E: Entity>(self, address: Address<E>) -> Self {
        self.push(Ok(Action::Delete { key: address.key, condition: None, revision: None }))
    }

    /// Takes away what is at `address`; refused when nothing is there.
    pub fn take<E: Entity>(self, address: Address<E>) -> Self {
        self.push(Ok(Action::Delete { key: address.key, condition: Some(PRESENT), revision: None }))
    }

    /// Goes through only if something is at `address`.
    pub fn require<E: Entity>(self, address: Address<E>) -> Self {
        self.push(Ok(Action::Check { key: address.key, condition: PRESENT, revision: None }))
    }

    /// Goes through only if what was loaded is still the same.
    pub fn require_unchanged<E: Entity>(self, stored: &Stored<E>) -> Self {
        let revision = Some(stored.revision);
        self.push(Ok(Action::Check { key: stored.key.clone(), condition: UNCHANGED, revision }))
    }

    /// Adds to hot numbers within their bounds.
    pub fn adjust(self, adjust: &Adjust) -> Self {
        self.push(Ok(Action::Adjust {
            key: adjust.key.clone(),
            update: adjust.expression(),
            condition: adjust.condition(),
            names: adjust.names(),
            values: adjust.values(),
        }))
    }

    /// What it means when the condition of the last action fails.
    pub fn or(self, refusal: crate::error::Code) -> Self {
        self.or_else(move |_| refusal.into())
    }

    /// As [`Write::or`], for refusals that are made when they are needed.
    pub fn or_else_error(self, refusal: impl Fn() -> Error + Send + Sync + 'static) -> Self {
        self.or_else(move |_| refusal())
    }

    /// As [`Write::or`], with the value that stood in the way.
    pub fn or_seeing<E: Entity>(self, refusal: impl Fn(Option<E>) -> Error + Send + Sync + 'static) -> Self {
        self.or_else(move |item| {
            refusal(item.and_then(|item| entity::from_item::<E>(item).ok()).map(|s| s.value))
        })
    }

    fn or_else(mut self, refusal: impl Fn(Option<Item>) -> Error + Send + Sync + 'static) -> Self {
        if let Some(last) = self.actions.last_mut() {
            last.1 = Box::new(refusal);
        }
        self
    }

    /// Adds everything of `other`.
    pub fn and(mut self, other: Write) -> Self {
        self.actions.extend(other.actions);
        self.broken = self.broken.or(other.broken);
        self
    }

    /// How many actions it holds; DynamoDB takes a hundred.
    pub fn len(&self) -> usize {
        self.actions.len()
    }

    /// Nothing to do.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    fn push(mut self, action: Result<Action, TableError>) -> Self {
        match action {
            Ok(action) => self.actions.push((action, Box::new(|_| codes::CHANGED_MEANWHILE.into()))),
            Err(error) => self.broken = self.broken.or(Some(error)),
        }
        self
    }
}

impl Table {
    /// Carries out everything in `write`, or nothing of it. One action is a plain conditional write at half the price of a
    /// transaction. A transaction that meets another is tried again; a failed condition is the refusal of the first action
    /// it struck, in the order they were added.
    pub async fn write(&self, write: Write) -> Result<(), Error> {
        if let Some(broken) = write.broken {
            return Err(broken.into());
        }
        match write.actions.as_slice() {
            [] => Ok(()),
            [(Action::Put { .. } | Action::Delete { .. } | Action::Adjust { .. }, _)] => {
                self.write_one(write.actions).await
            }
            _ => self.write_together(write.actions).await,
        }
    }

    async fn write_one(&self, actions: Vec<(Action, Refusal)>) -> Result<(), Error> {
        let Some((action, refusal)) = actions.into_iter().next() else { return Ok(()) };
        let old = ReturnValuesOnConditionCheckFailure::AllOld;
        let failed = match action {
            Action::Put { item, condition, revision } => {
                let (names, values) = revision_bindings(revision);
                let reply = self
                    .client
                    .put_item()
                    .table_name(&self.name)
                    .set_item(Some(item))
                    .set_condition_expression((!condition.is_empty()).then(|| condition.to_owned()))
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .return_values_on_condition_check_failure(old)
                    .send()
                    .await;
                match reply {
                    Ok(_) => return Ok(()),
                    Err(e) => match e.as_service_error() {
                        Some(aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(c)) => c.item.clone(),
                        _ => return Err(refused(e).into()),
                    },
                }
            }
            Action::Delete { key, condition, revision } => {
                let (names, values) = revision_bindings(revision);
                let reply = self
                    .client
                    .delete_item()
                    .table_name(&self.name)
                    .set_key(Some(entity::key_item(&key)))
                    .set_condition_expression(condition.map(str::to_owned))
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .return_values_on_condition_check_failure(old)
                    .send()
                    .await;
                match reply {
                    Ok(_) => return Ok(()),
                    Err(e) => match e.as_service_error() {
                        Some(aws_sdk_dynamodb::operation::delete_item::DeleteItemError::ConditionalCheckFailedException(c)) => c.item.clone(),
                        _ => return Err(refused(e).into()),
                    },
                }
            }
            Action::Adjust { key, update, condition, names, values } => {
                let reply = self
                    .client
                    .update_item()
                    .table_name(&self.name)
                    .set_key(Some(entity::key_item(&key)))
                    .update_expression(update)
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(Some(names))
                    .set_expression_attribute_values(Some(values))
                    .return_values_on_condition_check_failure(old)
                    .send()
                    .await;
                match reply {
                    Ok(_) => return Ok(()),
                    Err(e) => match e.as_service_error() {
                        Some(aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(c)) => c.item.clone(),
                        _ => return Err(refused(e).into()),
                    },
                }
            }
            // A check alone has nothing to write; `write` sends it as a transaction.
            Action::Check { .. } => return Ok(()),
        };
        Err(refusal(failed))
    }

    async fn write_together(&self, actions: Vec<(Action, Refusal)>) -> Result<(), Error> {
        let (actions, refusals): (Vec<Action>, Vec<Refusal>) = actions.into_iter().unzip();
        let items = actions
            .into_iter()
            .map(|action| self.transact_item(action))
            .collect::<Result<Vec<_>, TableError>>()?;
        let mut attempt = 0;
        loop {
            let reply =
                self.client.transact_write_items().set_transact_items(Some(items.clone())).send().await;
            let Err(error) = reply else { return Ok(()) };
            let reasons = match error.as_service_error() {
                Some(aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(c)) => {
                    c.cancellation_reasons().to_vec()
                }
                _ => return Err(refused(error).into()),
            };
            if let Some(refusal) = first_refusal(&reasons, &refusals) {
                return Err(refusal);
            }
            let codes: Vec<&str> =
                reasons.iter().filter_map(CancellationReason::code).filter(|c| *c != "None").collect();
            if codes
                .iter()
                .any(|code| *code == "ValidationError" || *code == "ItemCollectionSizeLimitExceeded")
            {
                return Err(TableError::Refused(codes.join(", ")).into());
            }
            attempt += 1;
            if attempt == TRIES {
                return Err(TableError::Unavailable(codes.join(", ")).into());
            }
            pause(attempt).await;
        }
    }

    fn transact_item(&self, action: Action) -> Result<TransactWriteItem, TableError> {
        let shape = |e: aws_sdk_dynamodb::error::BuildError| TableError::Refused(e.to_string());
        let old = ReturnValuesOnConditionCheckFailure::AllOld;
        let item = TransactWriteItem::builder();
        Ok(match action {
            Action::Put { item: value, condition, revision } => {
                let (names, values) = revision_bindings(revision);
                item.put(
                    Put::builder()
                        .table_name(&self.name)
                        .set_item(Some(value))
                        .set_condition_expression((!condition.is_empty()).then(|| condition.to_owned()))
                        .set_expression_attribute_names(names)
                        .set_expression_attribute_values(values)
                        .return_values_on_condition_check_failure(old)
                        .build()
                        .map_err(shape)?,
                )
            }
            Action::Delete { key, condition, revision } => {
                let (names, values) = revision_bindings(revision);
                item.delete(
                    Delete::builder()
                        .table_name(&self.name)
                        .set_key(Some(entity::key_item(&key)))
                        .set_condition_expression(condition.map(str::to_owned))
                        .set_expression_attribute_names(names)
                        .set_expression_attribute_values(values)
                        .return_values_on_condition_check_failure(old)
                        .build()
                        .map_err(shape)?,
                )
            }
            Action::Check { key, condition, revision } => {
                let (names, values) = revision_bindings(revision);
                item.condition_check(
                    ConditionCheck::builder()
                        .table_name(&self.name)
                        .set_key(Some(entity::key_item(&key)))
                        .condition_expression(condition)
                        .set_expression_attribute_names(names)
                        .set_expression_attribute_values(values)
                        .return_values_on_condition_check_failure(old)
                        .build()
                        .map_err(shape)?,
                )
            }
            Action::Adjust { key, update, condition, names, values } => item.update(
                Update::builder()
                    .table_name(&self.name)
                    .set_key(Some(entity::key_item(&key)))
                    .update_expression(update)
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(Some(names))
                    .set_expression_attribute_values(Some(values))
                    .return_values_on_condition_check_failure(old)
                    .build()
                    .map_err(shape)?,
            ),
        }
        .build())
    }
}

type Bindings = (Option<HashMap<String, String>>, Option<HashMap<String, AttributeValue>>);

fn revision_bindings(revision: Option<u64>) -> Bindings {
    match revision {
        Some(revision) => (
            Some(HashMap::from([("#revision".to_owned(), attr::REVISION.to_owned())])),
            Some(HashMap::from([(":revision".to_owned(), number(revision))])),
        ),
        None => (None, None),
    }
}

/// The refusal of the first action whose condition failed.
fn first_refusal(reasons: &[CancellationReason], refusals: &[Refusal]) -> Option<Error> {
    let struck = reasons.iter().position(|reason| reason.code() == Some("ConditionalCheckFailed"))?;
    Some(refusals.get(struck).map_or_else(
        || codes::CHANGED_MEANWHILE.into(),
        |refusal| refusal(reasons.get(struck).and_then(|reason| reason.item.clone())),
    ))
}
