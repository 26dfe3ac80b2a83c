//! How a thing lies in the table: its key from inputs, its full keys from the value, and the item it becomes.
use std::{collections::HashMap, marker::PhantomData};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use super::{TableError, schema::attr};

/// The raw attributes of one stored item.
pub type Item = HashMap<String, AttributeValue>;

/// A partition key and a sort key.
///
/// A partition key starts with the tag of its wing (`LENDING#…`): a function's policy names that prefix, so no wing can
/// read or write another's items whatever its code does.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    /// The key `pk` / `sk`.
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }
}

/// When an entity wants to be found by the sweep of its kind: see [`super::due`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Which sweep, with its wing: `LENDING#OFFER`.
    pub kind: &'static str,
    /// From when on it is due.
    pub at: Timestamp,
}

/// The secondary keys of an item, all computed from its value. What is `None` is not in that index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexKeys {
    /// First overloaded index.
    pub gsi1: Option<Key>,
    /// Second overloaded index.
    pub gsi2: Option<Key>,
    /// The due index.
    pub due: Option<Due>,
}

/// A kind of item. Keys follow from the value and every write replaces the whole item, so an index key cannot go stale.
pub trait Entity: Serialize + DeserializeOwned + Send + Sync {
    /// The name stored with every item of this kind. Never renamed.
    const NAME: &'static str;

    /// Where this value lies.
    fn key(&self) -> Key;

    /// In which indexes this value is found.
    fn index_keys(&self) -> IndexKeys {
        IndexKeys::default()
    }

    /// From when on the table may drop the item. DynamoDB is days late with that, so no rule may rely on it: compare the
    /// entity's own instants with the clock at every read.
    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

/// Where an `E` lies, known without loading it.
#[derive(Debug)]
pub struct Address<E> {
    /// The key.
    pub key: Key,
    entity: PhantomData<fn() -> E>,
}

impl<E> Address<E> {
    /// The `E` at `pk` / `sk`.
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { key: Key::new(pk, sk), entity: PhantomData }
    }
}

impl<E> Clone for Address<E> {
    fn clone(&self) -> Self {
        Self { key: self.key.clone(), entity: PhantomData }
    }
}

/// A value as it was loaded, with the revision that its next write must find unchanged.
#[derive(Debug, Clone)]
pub struct Stored<E> {
    /// The value. Change it freely; the write condition does the rest.
    pub value: E,
    pub(crate) revision: u64,
    /// The key it was loaded from: changing a key part of the value would leave a stray item behind.
    pub(crate) key: Key,
}

impl<E> Stored<E> {
    /// How often the item was replaced: the `version` and `ETag` of the wire.
    pub fn revision(&self) -> u64 {
        self.revision
    }
}

impl<E> std::ops::Deref for Stored<E> {
    type Target = E;
    fn deref(&self) -> &E {
        &self.value
    }
}

impl<E> std::ops::DerefMut for Stored<E> {
    fn deref_mut(&mut self) -> &mut E {
        &mut self.value
    }
}

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn key_item(key: &Key) -> Item {
    HashMap::from([(attr::PK.to_owned(), text(&*key.pk)), (attr::SK.to_owned(), text(&*key.sk))])
}

/// The item that `value` becomes at `revision`.
pub(super) fn to_item<E: Entity>(value: &E, revision: u64) -> Result<Item, TableError> {
    let mut item: Item =
        serde_dynamo::to_item(value).map_err(|e| TableError::Shape(E::NAME, e.to_string()))?;
    if let Some(clash) = attr::RESERVED.iter().find(|name| item.contains_key(**name)) {
        return Err(TableError::Shape(E::NAME, format!("the field `{clash}` has a name of the table's own")));
    }
    let key = value.key();
    let index = value.index_keys();
    item.extend(key_item(&key));
    item.insert(attr::ENTITY.to_owned(), text(E::NAME));
    item.insert(attr::REVISION.to_owned(), number(revision));
    for (key, pk, sk) in [(index.gsi1, attr::GSI1PK, attr::GSI1SK), (index.gsi2, attr::GSI2PK, attr::GSI2SK)]
    {
        if let Some(key) = key {
            item.insert(pk.to_owned(), text(key.pk));
            item.insert(sk.to_owned(), text(key.sk));
        }
    }
    if let Some(due) = index.due {
        item.insert(
            attr::DUE_PK.to_owned(),
            text(super::due::partition(due.kind, super::due::shard_of(&key))),
        );
        item.insert(attr::DUE_AT.to_owned(), text(crate::clock::sortable(due.at)));
    }
    if let Some(at) = value.expires_at() {
        item.insert(attr::EXPIRES_AT.to_owned(), number(at.as_second()));
    }
    Ok(item)
}

/// The value behind `item`, which must be of kind `E`.
pub(super) fn from_item<E: Entity>(item: Item) -> Result<Stored<E>, TableError> {
    let entity = item.get(attr::ENTITY).and_then(|v| v.as_s().ok());
    if entity.map(String::as_str) != Some(E::NAME) {
        return Err(TableError::Shape(E::NAME, format!("the item is of kind {entity:?}")));
    }
    let key = key_of(&item).ok_or_else(|| TableError::Shape(E::NAME, "no key".to_owned()))?;
    let revision =
        item.get(attr::REVISION).and_then(|v| v.as_n().ok()).and_then(|n| n.parse().ok()).unwrap_or(0);
    let value = serde_dynamo::from_item(item).map_err(|e| TableError::Shape(E::NAME, e.to_string()))?;
    Ok(Stored { value, revision, key })
}

pub(super) fn entity_name(item: &Item) -> &str {
    item.get(attr::ENTITY).and_then(|v| v.as_s().ok()).map_or("", String::as_str)
}

pub(super) fn key_of(item: &Item) -> Option<Key> {
    let string = |name| item.get(name).and_then(|v| v.as_s().ok()).cloned();
    Some(Key { pk: string(attr::PK)?, sk: string(attr::SK)? })
}
