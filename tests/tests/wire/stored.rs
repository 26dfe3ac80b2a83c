//! Every shape in which an item was ever written, as it lay in the table (`tests/stored/<kind>.<shape>.json`), read back with today's
//! code. A file is never deleted while such an item may lie in a table.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::BoxFuture;
use lending::{application, borrower, loan_account, product, settings};
use local::identity::TABLE;
use platform::discrepancy;
use serde_json::{Map, Value, json};
use shared::{
    audit, crypto,
    identity::{otp, session, staff},
    ledger, limits,
    messages::notice,
    outbox,
    table::{Address, Entity, Key, Table, schema::attr},
};
use tests::House;

use crate::redact::redacted;

/// Kinds that the flow does not store, and why.
pub const NOT_IN_THE_FLOW: &[(&str, &str)] = &[
    ("discrepancy", "the books would have to be wrong"),
    ("ledger_reversed", "lending corrects by further transfers"),
];

/// Kinds that no other crate can name, so that nothing here reads their old shapes back; a snapshot shows the present one. Most expire
/// within a month, but `ledger_checkpoint` and `ledger_reversed` never do: they need a test of this kind beside their own code.
const PRIVATE: &[&str] =
    &["departure", "idempotency", "lease", "ledger_checkpoint", "ledger_reversed", "lockout"];

/// Kinds of which only single numbers change, under keys that whoever changes them names.
const COUNTED: &[&str] = &["count", "staff_keepers"];

/// Fields whose inside is not ours to shape.
const OPAQUE: &[&str] = &["before", "after", "body", "value", "failed"];

type Read = fn(&Table, Key, &Value) -> BoxFuture<'static, Result<(), String>>;

/// How each kind is read.
fn readers() -> BTreeMap<&'static str, Read> {
    macro_rules! readers {
        ($($entity:ty),* $(,)?) => { BTreeMap::from([$((<$entity>::NAME, read::<$entity> as Read)),*]) };
    }
    readers![
        application::ApplicationStats,
        application::LoanApplication,
        application::NumberSequence,
        application::PendingApplication,
        audit::Entry,
        borrower::AccountTaken,
        borrower::BankDetails,
        borrower::EmploymentDetails,
        borrower::FinancialDetails,
        borrower::LoanReferences,
        borrower::PanTaken,
        borrower::PhoneTaken,
        borrower::User,
        discrepancy::Discrepancy,
        ledger::Line,
        ledger::Balance,
        ledger::Transfer,
        limits::Count,
        loan_account::Loan,
        loan_account::LoanAccount,
        loan_account::LoanTransaction,
        loan_account::ReceiptReference,
        loan_account::ReminderDuty,
        loan_account::ShelfPart,
        loan_account::deciding::Proposal,
        notice::Notice,
        otp::Codes,
        outbox::Outgoing,
        product::LoanProduct,
        session::Session,
        settings::StoredSetting,
        staff::EmailTaken,
        staff::Keepers,
        staff::StaffMember,
    ]
}

/// Reads an item the way every endpoint does; it must still lie where it would be written today.
fn read<E: Entity + 'static>(
    table: &Table,
    key: Key,
    item: &Value,
) -> BoxFuture<'static, Result<(), String>> {
    let (table, item) = (table.clone(), item.clone());
    Box::pin(async move {
        let address = Address::<E>::new(&*key.pk, &*key.sk);
        let stored =
            table.get(address).await.map_err(|error| format!("{error:?}"))?.ok_or("it is not there")?;
        if stored.key() != key && !COUNTED.contains(&E::NAME) {
            return Err(format!("today it would lie at {:?}", stored.key()));
        }
        let keys = stored.index_keys();
        for (now, pk, sk) in
            [(keys.gsi1, attr::GSI1PK, attr::GSI1SK), (keys.gsi2, attr::GSI2PK, attr::GSI2SK)]
        {
            let then =
                item[pk]["S"].as_str().map(|pk| Key::new(pk, item[sk]["S"].as_str().unwrap_or_default()));
            if now != then {
                return Err(format!("today its index key {pk} would be {now:?}, not {then:?}"));
            }
        }
        Ok(())
    })
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stored")
}

/// Every item that was ever written in this house, in DynamoDB's JSON, by kind.
fn written(house: &House) -> BTreeMap<String, Vec<Value>> {
    let mut kinds: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let records = house.cloud.aws().stream().read_after(TABLE, None, 1_000_000);
    for item in records.into_iter().filter_map(|record| record.new_image) {
        let kind = item[attr::ENTITY]["S"].as_str().unwrap_or_default().to_owned();
        kinds.entry(kind).or_default().push(item);
    }
    kinds
}

/// The fullest item of each kind.
pub fn newest_shapes(house: &House) -> BTreeMap<&'static str, Value> {
    let mut fullest = BTreeMap::new();
    for (kind, items) in written(house) {
        // Of equally full ones the one whose redacted text comes last: the same in every run.
        let item =
            items.into_iter().max_by_key(|item| (shape(item).len(), redacted(&plain(item)).to_string()));
        fullest.extend(item.map(|item| (&*kind.leak(), item)));
    }
    fullest
}

/// Every kind that is declared anywhere, read from the sources: nothing that is stored can be forgotten.
pub fn declared() -> &'static BTreeSet<String> {
    static DECLARED: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default();
        let mut found = BTreeSet::new();
        let mut open = vec![root.join("shared/src"), root.join("functions")];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                if entry.path().is_dir() {
                    open.push(entry.path());
                } else if let Ok(text) = fs::read_to_string(entry.path()) {
                    let impls = text.split("\nimpl Entity for ").skip(1);
                    found.extend(impls.filter_map(|text| {
                        let (_, name) = text.split_once("const NAME: &'static str = \"")?;
                        Some(name.split('"').next()?.to_owned())
                    }));
                }
            }
        }
        found
    });
    &DECLARED
}

/// What an item is made of, down to the fields of its fields; what is null says nothing.
fn shape(item: &Value) -> BTreeSet<String> {
    fn visit(path: &str, value: &Value, found: &mut BTreeSet<String>) {
        let Some((kind, inner)) = value.as_object().and_then(|value| value.iter().next()) else { return };
        match (&**kind, inner) {
            ("NULL", _) => {}
            ("M", Value::Object(fields)) => {
                found.insert(format!("{path}:M"));
                for (name, value) in fields {
                    // The keys of a map are data where they are ids or names.
                    visit(&format!("{path}.{name}"), value, found);
                }
            }
            ("L", Value::Array(items)) => {
                found.insert(format!("{path}:L"));
                for value in items {
                    visit(&format!("{path}[]"), value, found);
                }
            }
            _ => {
                found.insert(format!("{path}:{kind}"));
            }
        }
    }
    let mut found = BTreeSet::new();
    for (name, value) in item.as_object().into_iter().flatten() {
        if OPAQUE.contains(&name.as_str()) {
            found.insert(name.clone());
        } else {
            visit(name, value, &mut found);
        }
    }
    found
}

/// Writes a file for every shape that none of the files covers, and says so: it belongs into the commit.
pub fn keep_new_shapes(house: &House) -> Vec<String> {
    let known: Vec<(String, BTreeSet<String>)> =
        files().into_iter().map(|(_, kind, item)| (kind, shape(&item))).collect();
    let mut faults = Vec::new();
    for (kind, mut items) in written(house) {
        if PRIVATE.contains(&kind.as_str()) {
            continue;
        }
        items.sort_by_key(|item| std::cmp::Reverse(shape(item).len()));
        let mut covered: Vec<BTreeSet<String>> =
            known.iter().filter(|(known, _)| *known == kind).map(|(_, shape)| shape.clone()).collect();
        for item in items {
            let shape = shape(&item);
            if covered.iter().any(|covered| shape.is_subset(covered)) {
                continue;
            }
            let text = shape.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
            let [a, b, c, d, ..] = crypto::sha256(text.as_bytes());
            let name = format!("{:08x}", u32::from_be_bytes([a, b, c, d]));
            let file = directory().join(format!("{kind}.{name}.json"));
            let written = serde_json::to_string_pretty(&item).map(|text| fs::write(&file, text + "\n"));
            faults
                .push(format!("a new shape of {kind}: commit tests/stored/{kind}.{name}.json ({written:?})"));
            covered.push(shape);
        }
    }
    faults
}

/// The files: name, kind, item.
fn files() -> Vec<(String, String, Value)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some((kind, _)) = name.split_once('.') else { continue };
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        let item = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        files.push((name.clone(), kind.to_owned(), item));
    }
    files.sort_by(|one, other| one.0.cmp(&other.0));
    files
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_shape_that_was_ever_stored_can_be_read_today() {
    // Nothing of the house may touch these items, so no function is served.
    let house = House::open_with(|options| options.wings.clear()).await;
    let (client, table, readers) = (house.aws().dynamodb(), house.table(), readers());
    let (mut faults, mut tried) = (Vec::new(), 0);
    for (name, kind, item) in files() {
        let Some(read) = readers.get(&*kind) else {
            faults.push(format!("{name}: nothing reads this kind; add it to readers()"));
            continue;
        };
        let attributes: HashMap<String, AttributeValue> = item
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), attribute(value)))
            .collect();
        let put = client.put_item().table_name(TABLE).set_item(Some(attributes)).send().await;
        assert!(put.is_ok(), "{name}: {put:?}");
        let text = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
        let key = Key::new(text(attr::PK), text(attr::SK));
        if let Err(fault) = read(&table, key, &item).await {
            faults.push(format!("{name}: {fault}"));
        }
        tried += 1;
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    assert!(tried >= readers.len() - NOT_IN_THE_FLOW.len(), "only {tried} shapes are kept");
}

#[test]
fn every_kind_of_item_has_a_reader() {
    let readers = readers();
    let known = |kind: &&String| readers.contains_key(kind.as_str()) || PRIVATE.contains(&kind.as_str());
    let missing: Vec<&String> = declared().iter().filter(|kind| !known(kind)).collect();
    assert!(missing.is_empty(), "add to readers() of {}: {missing:?}", file!());
    assert!(declared().len() >= 40, "only {} kinds are declared", declared().len());
}

/// DynamoDB's JSON as the SDK takes it.
fn attribute(value: &Value) -> AttributeValue {
    let (kind, inner) =
        value.as_object().and_then(|value| value.iter().next()).unwrap_or_else(|| panic!("{value}"));
    let text = || inner.as_str().unwrap_or_default().to_owned();
    match &**kind {
        "S" => AttributeValue::S(text()),
        "N" => AttributeValue::N(text()),
        "BOOL" => AttributeValue::Bool(inner == &json!(true)),
        "NULL" => AttributeValue::Null(true),
        "L" => AttributeValue::L(inner.as_array().into_iter().flatten().map(attribute).collect()),
        "M" => {
            let fields = inner.as_object().into_iter().flatten();
            AttributeValue::M(fields.map(|(name, value)| (name.clone(), attribute(value))).collect())
        }
        other => panic!("{other} is stored nowhere"),
    }
}

/// DynamoDB's JSON as plain JSON, for people to read.
pub fn plain(item: &Value) -> Value {
    fn value(typed: &Value) -> Value {
        let Some((kind, inner)) = typed.as_object().and_then(|typed| typed.iter().next()) else {
            return typed.clone();
        };
        match (&**kind, inner) {
            ("N", Value::String(number)) => serde_json::from_str(number).unwrap_or_else(|_| json!(number)),
            ("NULL", _) => Value::Null,
            ("L", Value::Array(items)) => items.iter().map(value).collect(),
            ("M", Value::Object(fields)) => object(fields),
            _ => inner.clone(),
        }
    }
    fn object(fields: &Map<String, Value>) -> Value {
        fields.iter().map(|(name, typed)| (name.clone(), value(typed))).collect::<Map<_, _>>().into()
    }
    item.as_object().map_or(Value::Null, object)
}
