//! `cargo run -- new`: a first draft of an endpoint in the form of the house, with a failing test that says what to do.
use std::{
    fmt,
    fs::{create_dir_all, read_to_string, write},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use shared::function::Method;

/// What is to be drafted.
#[derive(Debug)]
pub struct Draft<'a> {
    /// The wing: `lending`.
    pub wing: &'a str,
    /// `<verb>-<noun>`: `close-loan`.
    pub name: &'a str,
    /// The path below the wing's base path; `/api/<noun>` when nothing is said.
    pub path: Option<&'a str>,
}

/// What was written, and what is left to do.
#[derive(Debug)]
pub struct Drafted {
    /// Files, relative to the root.
    pub written: Vec<PathBuf>,
    /// The line that the list of the wing's functions needs.
    pub listed_as: String,
    wing: String,
}

/// Why nothing was drafted.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// There is no such wing.
    #[error("there is no wing {0}")]
    UnknownWing(String),
    /// Not a verb and a noun.
    #[error("`{0}` must be a verb and a noun of a-z and 0-9 with hyphens between them, such as close-loan")]
    Name(String),
    /// Not a path.
    #[error("`{0}` must start with / and have only a-z, 0-9, hyphens and {{parameters}} between the slashes")]
    Path(String),
    /// The endpoint is there already.
    #[error("{0} is there already")]
    Exists(PathBuf),
    /// A file could not be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
}

/// Drafts an endpoint under `root`.
pub fn endpoint(root: &Path, draft: &Draft<'_>) -> Result<Drafted, ScaffoldError> {
    let wing = Path::new("functions").join(draft.wing).join("src");
    if !root.join(&wing).join("lib.rs").exists() {
        return Err(ScaffoldError::UnknownWing(draft.wing.to_owned()));
    }
    let plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let (verb, noun) = draft.name.split_once('-').unwrap_or_default();
    if !plain(verb) || !plain(noun) || draft.name.ends_with('-') || draft.name.contains("--") {
        return Err(ScaffoldError::Name(draft.name.to_owned()));
    }
    let path = draft.path.map_or_else(|| format!("/api/{noun}"), str::to_owned);
    let segments: Option<Vec<_>> = path.strip_prefix('/').map(|rest| rest.split('/').collect());
    let segments = segments.unwrap_or_default();
    let fits = |segment: &&str| {
        plain(segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')).unwrap_or(segment))
    };
    if segments.is_empty() || !segments.iter().all(fits) {
        return Err(ScaffoldError::Path(path));
    }
    let area =
        segments.iter().find(|segment| **segment != "api" && !segment.starts_with('{')).unwrap_or(&noun);
    let (area, module) = (area.replace('-', "_"), draft.name.replace('-', "_"));

    let endpoints = wing.join("endpoints");
    let file = endpoints.join(&area).join(format!("{module}.rs"));
    if root.join(&file).exists() {
        return Err(ScaffoldError::Exists(file));
    }
    let mut written = vec![file.clone()];
    put(root, &file, &source(draft, &path, method(verb)))?;
    let of_area = endpoints.join(&area).join("mod.rs");
    for (parent, child) in [(of_area, &module), (endpoints.join("mod.rs"), &area)] {
        if declare(root, &parent, child)? {
            written.push(parent);
        }
    }
    let listed_as = format!("&endpoints::{area}::{module}::FUNCTION,");
    Ok(Drafted { written, listed_as, wing: draft.wing.to_owned() })
}

/// The method that the verb suggests.
fn method(verb: &str) -> Method {
    match verb {
        "get" | "list" | "show" | "preview" | "search" | "download" => Method::Get,
        "update" | "set" | "change" | "replace" => Method::Put,
        "delete" | "remove" => Method::Delete,
        _ => Method::Post,
    }
}

fn source(draft: &Draft<'_>, path: &str, method: Method) -> String {
    let variant = match method {
        Method::Get => "Get",
        Method::Post => "Post",
        Method::Put => "Put",
        Method::Delete => "Delete",
    };
    let words = draft.name.replace('-', " ");
    let mut letters = words.chars();
    let sentence: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    DRAFT
        .replace("{wing}", draft.wing)
        .replace("{name}", draft.name)
        .replace("{sentence}", &sentence)
        .replace("{path}", path)
        .replace("{METHOD}", method.name())
        .replace("{Method}", variant)
        .replace("{router}", &variant.to_ascii_lowercase())
}

/// The parts of an endpoint file, in their order: declaration, shapes, handler, tests.
const DRAFT: &str = r#"//! `{METHOD} {path}`: {sentence}.
use axum::{extract::State, routing::{router}};
use serde::Serialize;
use shared::{
    app::App,
    error::Error,
    function::{Function, Method, Route, Trigger},
    http::{Docs, Reply},
};
use utoipa::ToSchema;

use crate::WING;

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "{wing}-{name}",
    module: module_path!(),
    wing: &WING,
    summary: "{sentence}",
    trigger: Trigger::Http(Route {
        method: Method::{Method},
        path: "{path}",
        handler: || {router}(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[],
    ..Function::ENDPOINT
};

/// What comes back.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {}

async fn handle(State(_app): State<App>) -> Result<Reply<Response>, Error> {
    Ok(Reply::ok("Done", Response {}))
}

#[cfg(test)]
mod tests {
    use stand::Stand;

    use super::FUNCTION;

    #[tokio::test]
    async fn nobody_may_call_it_before_it_says_who_may() {
        let stand = Stand::new().await;
        assert_eq!(stand.call(&FUNCTION).await.status, 401);
    }
}
"#;

/// Adds `pub mod child;` to `parent` in its place in the alphabet; `false` where it stands already.
fn declare(root: &Path, parent: &Path, child: &str) -> Result<bool, ScaffoldError> {
    let text = match read_to_string(root.join(parent)) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let area =
                parent.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
            format!("//! Endpoints: {}.\n", area.replace('_', " "))
        }
        Err(error) => return Err(ScaffoldError::File(parent.to_owned(), error)),
    };
    let line = format!("pub mod {child};");
    let mut lines: Vec<_> = text.lines().collect();
    if lines.contains(&line.as_str()) {
        return Ok(false);
    }
    let is_module = |text: &&str| text.starts_with("pub mod ");
    let after = lines.iter().rposition(|text| is_module(text) && **text < *line);
    let before = lines.iter().position(is_module);
    let after_docs = lines.iter().position(|text| !text.starts_with("//!")).unwrap_or(lines.len());
    lines.insert(after.map(|at| at + 1).or(before).unwrap_or(after_docs), &line);
    put(root, parent, &(lines.join("\n") + "\n"))?;
    Ok(true)
}

fn put(root: &Path, path: &Path, text: &str) -> Result<(), ScaffoldError> {
    let failed = |error| ScaffoldError::File(path.to_owned(), error);
    let full = root.join(path);
    if let Some(directory) = full.parent() {
        create_dir_all(directory).map_err(failed)?;
    }
    write(full, text).map_err(failed)
}

impl fmt::Display for Drafted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.written.iter().try_for_each(|path| writeln!(f, "wrote {}", path.display()))?;
        writeln!(f, "next:")?;
        writeln!(f, "  1. add `{}` to FUNCTIONS in functions/{}/src/lib.rs", self.listed_as, self.wing)?;
        writeln!(f, "  2. say who may call it and what it needs; make its test pass")?;
        writeln!(f, "  3. cargo run -- derive, and give its sample event a real body")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), Path::new("functions/trial/src/lib.rs"), "").unwrap();
        put(
            root.path(),
            Path::new("functions/trial/src/endpoints/mod.rs"),
            "//! Endpoints.\npub mod auth;\npub mod users;\n",
        )
        .unwrap();
        root
    }

    #[test]
    fn a_draft_stands_where_the_drift_test_looks_for_it() {
        let root = house();
        let draft = Draft { wing: "trial", name: "close-loan", path: Some("/api/loans/{id}/close") };
        let drafted = endpoint(root.path(), &draft).unwrap();
        assert_eq!(drafted.listed_as, "&endpoints::loans::close_loan::FUNCTION,");
        let read = |path: &str| {
            read_to_string(root.path().join("functions/trial/src/endpoints").join(path)).unwrap()
        };
        let text = read("loans/close_loan.rs");
        assert!(
            text.contains("name: \"trial-close-loan\"") && text.contains("method: Method::Post"),
            "{text}"
        );
        assert_eq!(read("loans/mod.rs"), "//! Endpoints: loans.\npub mod close_loan;\n");
        assert_eq!(read("mod.rs"), "//! Endpoints.\npub mod auth;\npub mod loans;\npub mod users;\n");
        assert!(matches!(endpoint(root.path(), &draft), Err(ScaffoldError::Exists(_))));
    }

    #[test]
    fn what_is_no_name_or_no_path_is_refused() {
        let root = house();
        let refused = |wing, name, path| endpoint(root.path(), &Draft { wing, name, path }).is_err();
        assert!(refused("nowhere", "get-loan", None));
        assert!(
            ["loan", "Get-Loan", "get-", "-loan", "get--loan"]
                .iter()
                .all(|name| refused("trial", name, None))
        );
        assert!(["api", "/API", "/a//b", "/a/{}"].iter().all(|path| refused(
            "trial",
            "get-loan",
            Some(path)
        )));
    }

    #[test]
    fn the_verb_suggests_the_method() {
        assert_eq!(
            [method("list"), method("update"), method("delete"), method("pay")].map(Method::name),
            ["GET", "PUT", "DELETE", "POST"]
        );
    }
}
