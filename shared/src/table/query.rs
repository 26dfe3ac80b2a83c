//! Named access patterns and the pages they give.
use std::{collections::HashMap, marker::PhantomData};

use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    CursorKey, Entity, Item, Key, Stored, Table, TableError,
    entity::{self, text},
    refused,
    schema::{Index, attr},
};
use crate::{error::Error, random::Random};

/// What a row of a pattern is read as.
pub trait Row: Sized + Send {
    /// Reads one item.
    #[doc(hidden)]
    fn read(item: Item) -> Result<Self, RowError>;
}

/// Why a row could not be read.
#[derive(Debug)]
pub struct RowError(pub(super) TableError);

impl<E: Entity> Row for Stored<E> {
    fn read(item: Item) -> Result<Self, RowError> {
        entity::from_item(item).map_err(RowError)
    }
}

/// The address that a keys-only index gives: load it to know more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// Where the thing lies.
    pub key: Key,
}

impl Row for Sought {
    fn read(item: Item) -> Result<Self, RowError> {
        entity::key_of(&item)
            .map(|key| Self { key })
            .ok_or_else(|| RowError(TableError::Shape("sought", "no key".to_owned())))
    }
}

/// An item of a partition that holds several kinds: ask it what it is.
#[derive(Debug, Clone)]
pub struct Mixed(pub(super) Item);

impl Mixed {
    /// The value, if it is an `E`.
    pub fn read<E: Entity>(&self) -> Result<Option<Stored<E>>, Error> {
        if entity::entity_name(&self.0) != E::NAME {
            return Ok(None);
        }
        Ok(Some(entity::from_item(self.0.clone())?))
    }

    /// The item with these attributes, as a stream shows it.
    pub(crate) fn from_attributes(item: Item) -> Self {
        Self(item)
    }

    /// Which kind it is.
    pub fn entity(&self) -> &str {
        entity::entity_name(&self.0)
    }

    /// All values among `items` that are an `E`.
    pub fn all<E: Entity>(items: &[Mixed]) -> Result<Vec<Stored<E>>, Error> {
        items.iter().filter_map(|item| item.read().transpose()).collect()
    }
}

impl Row for Mixed {
    fn read(item: Item) -> Result<Self, RowError> {
        Ok(Self(item))
    }
}

#[derive(Debug, Clone)]
enum Sort {
    Any,
    Prefix(String),
    UpTo(String),
    Between(String, String),
}

/// One access pattern: a partition of the table or of an index, a range of sort keys, an order. Written as a function of the
/// entity it finds, named after what it answers (`of_borrower`, `awaiting_review`).
#[derive(Debug, Clone)]
pub struct Pattern<R> {
    index: Option<Index>,
    partition: String,
    sort: Sort,
    descending: bool,
    row: PhantomData<fn() -> R>,
}

impl<R: Row> Pattern<R> {
    /// A partition of the table itself, read consistently.
    pub fn table(partition: impl Into<String>) -> Self {
        Self {
            index: None,
            partition: partition.into(),
            sort: Sort::Any,
            descending: false,
            row: PhantomData,
        }
    }

    /// A partition of an index, which may lag a moment behind the table.
    pub fn index(index: Index, partition: impl Into<String>) -> Self {
        Self { index: Some(index), ..Self::table(partition) }
    }

    /// Only sort keys that start so.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.sort = Sort::Prefix(prefix.into());
        self
    }

    /// Only sort keys up to and including this one.
    #[must_use]
    pub fn up_to(mut self, last: impl Into<String>) -> Self {
        self.sort = Sort::UpTo(last.into());
        self
    }

    /// Only sort keys from the first to the second, both included.
    #[must_use]
    pub fn between(mut self, first: impl Into<String>, last: impl Into<String>) -> Self {
        self.sort = Sort::Between(first.into(), last.into());
        self
    }

    /// Highest sort key first; keys that hold a time then give the newest first.
    #[must_use]
    pub fn descending(mut self) -> Self {
        self.descending = true;
        self
    }

    fn sort_attribute(&self) -> (&'static str, &'static str) {
        self.index.map_or((attr::PK, attr::SK), Index::attributes)
    }

    /// The exclusive start key that follows `item`.
    fn position(&self, item: &Item) -> Item {
        let (pk, sk) = self.sort_attribute();
        [attr::PK, attr::SK, pk, sk]
            .into_iter()
            .filter_map(|name| item.get(name).map(|value| (name.to_owned(), value.clone())))
            .collect()
    }

    /// What a cursor is bound to, so that one list's cursor cannot be used on another.
    fn fingerprint(&self) -> String {
        format!("{:?}|{}|{:?}|{}", self.index, self.partition, self.sort, self.descending)
    }
}

/// How many rows a page holds: 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u16);

impl Limit {
    /// The page size where the client names none.
    pub const DEFAULT: Limit = Limit(20);
    /// The largest page.
    pub const MAX: Limit = Limit(100);

    /// `n` rows, if that is allowed.
    pub fn new(n: u16) -> Option<Self> {
        (1..=Self::MAX.0).contains(&n).then_some(Self(n))
    }

    /// The number of rows.
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

/// Which page of a list is wanted.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// Rows at most.
    pub limit: Limit,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { limit: Limit::DEFAULT, cursor: None }
    }
}

/// Some rows, and where to go on.
#[derive(Debug, Clone)]
pub struct Page<R> {
    /// The rows.
    pub items: Vec<R>,
    /// Opaque; `None` on the last page.
    pub next_cursor: Option<String>,
}

impl<R> Page<R> {
    /// The same page of other things.
    pub fn map<T>(self, f: impl FnMut(R) -> T) -> Page<T> {
        Page { items: self.items.into_iter().map(f).collect(), next_cursor: self.next_cursor }
    }
}

/// A page that filters away almost everything stops after so many round trips and hands out a cursor instead.
const ROUND_TRIPS: usize = 8;

impl Table {
    /// The first `most` rows of a pattern. One call for each megabyte.
    pub async fn list<R: Row>(&self, pattern: &Pattern<R>, most: usize) -> Result<Vec<R>, Error> {
        let mut rows = Vec::new();
        let mut start = None;
        loop {
            let (items, next) = self.query(pattern, start, most - rows.len()).await?;
            for item in items {
                rows.push(R::read(item).map_err(|e| e.0)?);
            }
            match next {
                Some(next) if rows.len() < most => start = Some(next),
                _ => return Ok(rows),
            }
        }
    }

    /// One page of a pattern, of rows for which `keep` holds; the filter applies before paging.
    pub async fn page<R: Row>(
        &self,
        pattern: &Pattern<R>,
        request: &PageRequest,
        sealing: (&CursorKey, &dyn Random),
        keep: impl Fn(&R) -> bool,
    ) -> Result<Page<R>, Error> {
        let (key, random) = sealing;
        let fingerprint = pattern.fingerprint();
        // Where the rows that were looked at end: kept, filtered away or handed in.
        let mut seen = request.cursor.as_deref().map(|sealed| key.open(&fingerprint, sealed)).transpose()?;
        let mut rows: Vec<R> = Vec::new();
        for _ in 0..ROUND_TRIPS {
            // One more than wanted, so that a full last page does not promise another.
            let (items, next) =
                self.query(pattern, seen.clone(), request.limit.get() + 1 - rows.len()).await?;
            for item in items {
                let position = pattern.position(&item);
                let row = R::read(item).map_err(|e| e.0)?;
                if keep(&row) {
                    if rows.len() == request.limit.get() {
                        let next_cursor = seen.map(|at| key.seal(random, &fingerprint, &at)).transpose()?;
                        return Ok(Page { items: rows, next_cursor });
                    }
                    rows.push(row);
                }
                seen = Some(position);
            }
            match next {
                Some(next) => seen = Some(next),
                None => return Ok(Page { items: rows, next_cursor: None }),
            }
        }
        let next_cursor = seen.map(|at| key.seal(random, &fingerprint, &at)).transpose()?;
        Ok(Page { items: rows, next_cursor })
    }

    async fn query<R: Row>(
        &self,
        pattern: &Pattern<R>,
        start: Option<Item>,
        most: usize,
    ) -> Result<(Vec<Item>, Option<Item>), Error> {
        let (pk, sk) = pattern.sort_attribute();
        let mut names = HashMap::from([("#pk".to_owned(), pk.to_owned())]);
        let mut values: HashMap<String, AttributeValue> =
            HashMap::from([(":pk".to_owned(), text(&*pattern.partition))]);
        let condition = match &pattern.sort {
            Sort::Any => "#pk = :pk",
            Sort::Prefix(prefix) => {
                values.insert(":a".to_owned(), text(&**prefix));
                "#pk = :pk AND begins_with(#sk, :a)"
            }
            Sort::UpTo(last) => {
                values.insert(":a".to_owned(), text(&**last));
                "#pk = :pk AND #sk <= :a"
            }
            Sort::Between(first, last) => {
                values.insert(":a".to_owned(), text(&**first));
                values.insert(":b".to_owned(), text(&**last));
                "#pk = :pk AND #sk BETWEEN :a AND :b"
            }
        };
        if values.len() > 1 {
            names.insert("#sk".to_owned(), sk.to_owned());
        }
        let reply = self
            .client
            .query()
            .table_name(&self.name)
            .set_index_name(pattern.index.map(|index| index.name().to_owned()))
            .consistent_read(pattern.index.is_none())
            .key_condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .scan_index_forward(!pattern.descending)
            .set_exclusive_start_key(start)
            .limit(i32::try_from(most.max(1)).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(refused)?;
        Ok((reply.items.unwrap_or_default(), reply.last_evaluated_key.filter(|key| !key.is_empty())))
    }
}
