//! What clients and the table see of us, word for word: a snapshot of the reply of every endpoint and of every kind of item, out of one
//! flow on a standing clock with seeded randomness. What differs from run to run is redacted by rules that check it.
//!
//! When a snapshot differs on purpose: `INSTA_UPDATE=always cargo test -p tests --test wire`, and look at the difference before it is
//! committed. What is stored must stay readable: see `stored`.
mod flow;
mod redact;
mod stored;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use insta::{Settings, assert_snapshot};
use serde_json::Value;
use tests::{Answer, House, routes, served_by};

/// The headers that clients rely on; the others are of the transport.
const HEADERS: &[&str] = &[
    "allow",
    "cache-control",
    "content-disposition",
    "content-type",
    "etag",
    "location",
    "retry-after",
    "set-cookie",
    "www-authenticate",
];

/// Endpoints whose reply is a document that is committed elsewhere.
const ELSEWHERE: &[&str] = &["lending-get-openapi", "platform-get-openapi"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// Compares without a prefix to the names, beside the other tests.
fn snapshots(compare: impl FnOnce()) {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path(root().join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(compare);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_reply_and_every_stored_item_looks_as_it_did() {
    let house = flow::everything().await;
    let replies = replies(&house);
    let items = stored::newest_shapes(&house);
    let mut faults: Vec<String> = routes()
        .filter(|(function, _)| !replies.contains_key(function.name) && !ELSEWHERE.contains(&function.name))
        .map(|(function, _)| format!("{}: let flow.rs get a success from it", function.name))
        .collect();
    let declared = stored::declared();
    faults.extend(declared.iter().filter(|kind| !items.contains_key(&***kind)).filter_map(|kind| {
        let why = stored::NOT_IN_THE_FLOW.iter().find(|(known, _)| known == kind);
        why.is_none().then(|| format!("{kind}: let flow.rs store one"))
    }));
    faults.extend(
        items
            .keys()
            .filter(|kind| !declared.contains(**kind))
            .map(|kind| format!("{kind}: stored, but no entity")),
    );

    snapshots(|| {
        for (name, answer) in &replies {
            assert_snapshot!(format!("reply.{name}"), shown(answer));
        }
        for (kind, item) in &items {
            let text =
                serde_json::to_string_pretty(&redact::redacted(&stored::plain(item))).unwrap_or_default();
            assert_snapshot!(format!("item.{kind}"), text);
        }
    });
    faults.extend(stored::keep_new_shapes(&house));
    let wanted = replies
        .keys()
        .map(|name| format!("reply.{name}"))
        .chain(items.keys().map(|kind| format!("item.{kind}")));
    faults.extend(left_over(&wanted.collect()));
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// The fullest success of each endpoint.
fn replies(house: &House) -> BTreeMap<&'static str, Answer> {
    let mut replies: BTreeMap<&'static str, Answer> = BTreeMap::new();
    let fullness = |answer: &Answer| (answer.body.to_string().len(), shown(answer));
    for answer in house.answers().into_iter().filter(Answer::is_success) {
        let Some(function) = served_by(&answer.method, &answer.path) else { continue };
        if ELSEWHERE.contains(&function.name) {
            continue;
        }
        let fuller = replies.get(function.name).is_none_or(|known| fullness(&answer) > fullness(known));
        if fuller {
            replies.insert(function.name, answer);
        }
    }
    replies
}

/// Refusals of every kind, as clients get them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_refusal_looks_as_it_did() {
    let refusals = flow::refusals().await;
    snapshots(|| {
        for (name, answer) in &refusals {
            assert!(!answer.is_success(), "{name}: {answer}");
            assert_snapshot!(format!("refusal.{name}"), shown(answer));
        }
    });
}

/// An answer as text: what was asked, status, headers, body.
fn shown(answer: &Answer) -> String {
    let path = redact::text(answer.path.split('?').next().unwrap_or_default());
    let mut lines = vec![format!("{} {path}", answer.method), answer.status.to_string()];
    for name in HEADERS {
        let values = answer.headers.get_all(*name).iter().filter_map(|value| value.to_str().ok());
        lines.extend(values.map(|value| format!("{name}: {}", redact::header(name, value))));
    }
    let body = match &answer.body {
        Value::Null if answer.bytes.starts_with(b"%PDF-") => "a PDF file".to_owned(),
        Value::Null => redact::text(&answer.text()),
        body => serde_json::to_string_pretty(&redact::redacted(body)).unwrap_or_default(),
    };
    lines.extend([String::new(), body]);
    lines.join("\n")
}

/// Snapshots of what is no longer there.
fn left_over(wanted: &BTreeSet<String>) -> Vec<String> {
    let files = std::fs::read_dir(root().join("snapshots")).into_iter().flatten().flatten();
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    let known = |name: &str| {
        name.strip_suffix(".snap").is_none_or(|name| name.starts_with("refusal.") || wanted.contains(name))
    };
    names
        .filter(|name| !known(name))
        .map(|name| format!("snapshots/{name}: delete it, nothing makes it any more"))
        .collect()
}
