//! What follows from the declarations: mains, templates with their permissions, OpenAPI documents, lists. `cargo run -- derive`
//! writes it, `--check` and the drift test compare, so code, template, permissions and documentation cannot part.
mod documents;
mod envelope;
pub mod events;
mod files;
mod mains;
mod names;
mod openapi;
pub mod policy;
mod schemas;
pub mod table;
pub mod template;
#[cfg(test)]
mod testing;
pub mod yaml;

use std::path::{Path, PathBuf};

use shared::{error::Code, function::Function, wing::Wing};

use self::files::Files;
pub use self::files::Report;

/// All wings with what they declare.
#[derive(Debug)]
pub struct House {
    /// Each wing with its functions.
    pub wings: Vec<(&'static Wing, &'static [&'static Function])>,
    /// The public error codes of each wing, by its name.
    pub codes: Vec<(&'static str, &'static [Code])>,
}

/// Why nothing could be derived.
#[derive(Debug, thiserror::Error)]
pub enum DeriveError {
    /// A file could not be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// A derived section has no end mark.
    #[error("{0}: the derived section has a start mark and no end mark")]
    Marks(PathBuf),
    /// The configuration reads a variable whose value no template knows.
    #[error("the variable {0} has no value in a template; give it one in local/src/derive/template/mod.rs")]
    Variable(&'static str),
    /// A declaration contradicts another.
    #[error("{function}: {fault}")]
    Declaration {
        /// The function.
        function: &'static str,
        /// What is wrong with it.
        fault: String,
    },
    /// A schema or an envelope is not JSON.
    #[error("{0}: {1}")]
    Json(&'static str, serde_json::Error),
}

impl House {
    /// The house as it is built.
    pub fn built() -> Self {
        Self { wings: crate::wings::all(), codes: documents::codes() }
    }

    /// Everything that follows from the declarations.
    fn files(&self) -> Result<Files, DeriveError> {
        let mut files = Files::default();
        for (wing, functions) in &self.wings {
            let mut functions = functions.to_vec();
            functions.sort_by_key(|function| function.name);
            mains::write(wing, &functions, &mut files);
            let template = template::of_wing(wing, &functions)?;
            files.whole(format!("functions/{}/template.yaml", wing.name), template);
            if functions.iter().any(|function| function.route().is_some()) {
                files.whole(format!("docs/openapi/{}.json", wing.name), openapi::document(wing, &functions)?);
            }
            for function in functions {
                let sample = events::skeleton(function)?;
                files.if_missing(format!("events/{}/{}.json", wing.name, function.name), sample);
            }
        }
        files.whole("docs/functions.md", documents::functions(&self.wings));
        files.whole("docs/errors.md", documents::errors(&self.codes));
        Ok(files)
    }

    /// Writes what follows from the declarations under `root`, or with `check` only compares.
    pub fn derive(&self, root: &Path, check: bool) -> Result<Report, DeriveError> {
        let wings: Vec<_> = self.wings.iter().map(|(wing, _)| wing.name).collect();
        self.files()?.settle(root, &wings, check)
    }
}

/// `cargo run -- derive`: writes what follows from the declarations, or with `check` only compares.
pub fn run(root: &Path, check: bool) -> Result<Report, DeriveError> {
    House::built().derive(root, check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_derived_is_fresh_and_what_nobody_declares_is_taken_away() {
        let root = tempfile::tempdir().unwrap();
        let manifest = root.path().join("functions/trial/Cargo.toml");
        std::fs::create_dir_all(root.path().join("functions/trial/src/bin")).unwrap();
        std::fs::write(&manifest, "[package]\nname = \"trial\"\n\n[lints]\nworkspace = true\n").unwrap();
        std::fs::write(root.path().join("functions/trial/src/bin/trial-gone.rs"), "fn main() {}").unwrap();

        let house = testing::house();
        let first = house.derive(root.path(), false).unwrap();
        assert!(first.written.iter().any(|path| path.ends_with("docs/errors.md")));
        assert_eq!(first.removed, [PathBuf::from("functions/trial/src/bin/trial-gone.rs")]);
        let text = std::fs::read_to_string(&manifest).unwrap();
        assert!(text.starts_with("[package]\nname = \"trial\"\n\n[lints]\nworkspace = true\n\n# "), "{text}");
        assert!(house.derive(root.path(), true).unwrap().is_fresh());

        let template = root.path().join("functions/trial/template.yaml");
        std::fs::write(&template, "Resources: {}\n").unwrap();
        let stale = house.derive(root.path(), true).unwrap();
        assert_eq!(stale.written, [PathBuf::from("functions/trial/template.yaml")]);
        assert_eq!(std::fs::read_to_string(&template).unwrap(), "Resources: {}\n");
    }
}
