//! The table room on the real engine: conditions and their refusals, pages and their cursors, hot numbers, the due index.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shared::{
    codes,
    crypto::SealingKey,
    error::Error,
    random::SeededRandom,
    table::{
        Address, Adjust, CursorKey, Due, Entity, IndexKeys, Key, Limit, Page, PageRequest, Pattern, Stored,
        Table, Write, due,
    },
};
use stand::Stand;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Book {
    shelf: String,
    number: u32,
    title: String,
    return_by: Option<Timestamp>,
}

impl Book {
    fn new(shelf: &str, number: u32) -> Self {
        Self { shelf: shelf.to_owned(), number, title: format!("Volume {number}"), return_by: None }
    }

    fn at(shelf: &str, number: u32) -> Address<Self> {
        Address::new(format!("TEST#SHELF#{shelf}"), format!("BOOK#{number:04}"))
    }

    fn of(shelf: &str) -> Pattern<Stored<Self>> {
        Pattern::table(format!("TEST#SHELF#{shelf}")).prefix("BOOK#")
    }
}

impl Entity for Book {
    const NAME: &'static str = "book";

    fn key(&self) -> Key {
        Book::at(&self.shelf, self.number).key
    }

    fn index_keys(&self) -> IndexKeys {
        IndexKeys { due: self.return_by.map(|at| Due { kind: "TEST#RETURN", at }), ..IndexKeys::default() }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Copies {
    #[serde(default)]
    n: i64,
}

impl Copies {
    fn at() -> Address<Self> {
        Address::new("TEST#COPIES", "COPIES")
    }
}

impl Entity for Copies {
    const NAME: &'static str = "copies";
    fn key(&self) -> Key {
        Copies::at().key
    }
}

fn code(result: Result<(), Error>) -> &'static str {
    result.err().map_or("", |error| error.code().name)
}

async fn shelf_of(table: &Table, shelf: &str, books: u32) {
    for chunk in (0..books).collect::<Vec<_>>().chunks(100) {
        let books: Vec<Book> = chunk.iter().map(|n| Book::new(shelf, *n)).collect();
        table.write(Write::new().create_all(&books)).await.unwrap();
    }
}

async fn page(
    table: &Table,
    pattern: &Pattern<Stored<Book>>,
    limit: u16,
    cursor: Option<String>,
) -> Result<Page<Stored<Book>>, Error> {
    let key = CursorKey::new(SealingKey::new([7; 32]));
    let request = PageRequest { limit: Limit::new(limit).unwrap(), cursor };
    table.page(pattern, &request, (&key, &SeededRandom::new(1)), |book| book.number % 2 == 0).await
}

#[tokio::test]
async fn a_value_is_put_once_and_replaced_only_as_it_was_loaded() {
    let table = Stand::new().await.table();
    let book = Book::new("a", 1);
    table.write(Write::new().create(&book)).await.unwrap();
    assert_eq!(
        code(table.write(Write::new().create(&book).or(codes::DUPLICATE_ENTRY)).await),
        "DUPLICATE_ENTRY"
    );

    let mut mine = table.get(Book::at("a", 1)).await.unwrap().unwrap();
    let mut yours = mine.clone();
    mine.title = "Mine".to_owned();
    yours.title = "Yours".to_owned();
    table.write(Write::new().replace(&mine)).await.unwrap();
    assert_eq!(code(table.write(Write::new().replace(&yours)).await), "CHANGED_MEANWHILE");
    assert_eq!(code(table.write(Write::new().delete(&yours)).await), "CHANGED_MEANWHILE");
    let stored = table.get(Book::at("a", 1)).await.unwrap().unwrap();
    assert_eq!((stored.title.as_str(), stored.revision()), ("Mine", 2));
}

#[tokio::test]
async fn a_transaction_happens_whole_or_not_and_names_the_first_condition_that_failed() {
    let table = Stand::new().await.table();
    table.write(Write::new().create(&Book::new("a", 1))).await.unwrap();
    let write = Write::new()
        .create(&Book::new("a", 2))
        .create(&Book::new("a", 1))
        .or_seeing::<Book>(|stands| Error::new(codes::DUPLICATE_ENTRY).with("title", stands.unwrap().title))
        .require(Book::at("a", 9))
        .or(codes::NOT_FOUND);
    let error = table.write(write).await.unwrap_err();
    assert_eq!((error.code(), &error.data()["title"]), (codes::DUPLICATE_ENTRY, &"Volume 1".into()));
    assert!(table.get(Book::at("a", 2)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_check_alone_still_checks() {
    let table = Stand::new().await.table();
    let write = || Write::new().require(Book::at("a", 1)).or(codes::NOT_FOUND);
    assert_eq!(code(table.write(write()).await), "NOT_FOUND");
    table.write(Write::new().create(&Book::new("a", 1))).await.unwrap();
    assert_eq!(code(table.write(write()).await), "");
}

#[tokio::test]
async fn a_replaced_value_must_stay_where_it_was() {
    let table = Stand::new().await.table();
    table.write(Write::new().create(&Book::new("a", 1))).await.unwrap();
    let mut book = table.get(Book::at("a", 1)).await.unwrap().unwrap();
    book.number = 2;
    assert_eq!(code(table.write(Write::new().replace(&book)).await), "INTERNAL");
}

#[tokio::test]
async fn many_are_loaded_in_the_order_asked_for() {
    let table = Stand::new().await.table();
    shelf_of(&table, "a", 250).await;
    let wanted: Vec<Address<Book>> = (0..250).rev().chain([999]).map(|n| Book::at("a", n)).collect();
    let found = table.get_all(&wanted).await.unwrap();
    assert_eq!(found.len(), 250);
    assert!(found.iter().map(|b| b.number).eq((0..250).rev()));
}

#[tokio::test]
async fn pages_cover_every_kept_row_once_whatever_their_size() {
    let table = Stand::new().await.table();
    shelf_of(&table, "a", 41).await;
    for pattern in [Book::of("a"), Book::of("a").descending()] {
        for limit in [1, 2, 7, 20, 21, 22, 100] {
            let (mut seen, mut cursor) = (Vec::new(), None);
            loop {
                let page = page(&table, &pattern, limit, cursor).await.unwrap();
                assert!(page.items.len() <= usize::from(limit));
                seen.extend(page.items.iter().map(|book| book.number));
                match page.next_cursor {
                    Some(next) => cursor = Some(next),
                    None => break,
                }
            }
            seen.sort_unstable();
            assert!(seen.iter().copied().eq((0..=40).step_by(2)), "limit {limit}: {seen:?}");
        }
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_its_list_and_cannot_be_forged() {
    let table = Stand::new().await.table();
    shelf_of(&table, "a", 10).await;
    shelf_of(&table, "b", 10).await;
    let cursor = page(&table, &Book::of("a"), 2, None).await.unwrap().next_cursor.unwrap();
    assert!(!cursor.contains("SHELF"));
    let mut forged = cursor.clone().into_bytes();
    forged[20] = if forged[20] == b'A' { b'B' } else { b'A' };
    for (pattern, cursor) in [
        (Book::of("b"), cursor.clone()),
        (Book::of("a").descending(), cursor.clone()),
        (Book::of("a"), String::from_utf8(forged).unwrap()),
        (Book::of("a"), "nonsense".to_owned()),
        (Book::of("a"), String::new()),
    ] {
        let refused = page(&table, &pattern, 2, Some(cursor)).await.unwrap_err();
        assert_eq!(refused.code(), codes::INVALID_CURSOR);
    }
}

#[tokio::test]
async fn hot_numbers_stay_within_their_bounds_under_parallel_callers() {
    let table = Stand::new().await.table();
    let take = || Adjust::of(&Copies::at()).add("n", 1).while_below("n", 20);
    let results =
        futures::future::join_all((0..50).map(|_| table.adjust::<Copies>(take(), codes::TOO_MANY_REQUESTS)))
            .await;
    assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 20);
    let give = || Adjust::of(&Copies::at()).add("n", -7).while_at_least("n", 7);
    let mut left = Vec::new();
    while let Ok(copies) = table.adjust::<Copies>(give(), codes::TOO_MANY_REQUESTS).await {
        left.push(copies.n);
    }
    assert_eq!(left, [13, 6]);
}

#[tokio::test]
async fn what_is_due_is_found_once_and_what_is_not_stays() {
    let stand = Stand::new().await;
    let table = stand.table();
    let now = stand.now();
    for n in 0..30 {
        let return_by = Some(now + SignedDuration::from_hours(i64::from(n) - 10));
        table.write(Write::new().create(&Book { return_by, ..Book::new("a", n) })).await.unwrap();
    }
    let mut found = Vec::new();
    for shard in 0..due::SHARDS {
        found.extend(table.list(&due::in_shard("TEST#RETURN", shard, now), 100).await.unwrap());
    }
    let mut keys: Vec<String> = found.into_iter().map(|sought| sought.key.sk).collect();
    keys.sort();
    assert!(keys.iter().cloned().eq((0..=10).map(|n| format!("BOOK#{n:04}"))), "{keys:?}");
}
