//! The derived files, and how they meet what lies on disk.
use std::{
    collections::BTreeMap,
    fmt,
    fs::{create_dir_all, read_dir, read_to_string, remove_file, write},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::DeriveError;

const START: &str = "# Written by `cargo run -- derive` from the declarations, down to the end mark.";
const END: &str = "# End of what is derived.";

/// Derived files by path below the root.
#[derive(Debug, Default)]
pub(super) struct Files(BTreeMap<PathBuf, Derived>);

#[derive(Debug)]
enum Derived {
    /// The whole file.
    Whole(String),
    /// What stands between the marks of a file that is otherwise written by hand.
    Section(String),
    /// A start for a file that is then written by hand.
    IfMissing(String),
}

/// What was written and removed, or with `check` what would be.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Files that are missing or say something else than the declarations.
    pub written: Vec<PathBuf>,
    /// Mains of functions that nobody declares any more.
    pub removed: Vec<PathBuf>,
}

impl Report {
    /// Whether there was nothing to do.
    pub fn is_fresh(&self) -> bool {
        self.written.is_empty() && self.removed.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_fresh() {
            return writeln!(f, "everything follows from the declarations");
        }
        self.written.iter().try_for_each(|path| writeln!(f, "stale    {}", path.display()))?;
        self.removed.iter().try_for_each(|path| writeln!(f, "orphaned {}", path.display()))
    }
}

impl Files {
    pub(super) fn whole(&mut self, path: impl Into<PathBuf>, text: String) {
        self.0.insert(path.into(), Derived::Whole(text));
    }

    pub(super) fn section(&mut self, path: impl Into<PathBuf>, text: String) {
        self.0.insert(path.into(), Derived::Section(text));
    }

    pub(super) fn if_missing(&mut self, path: impl Into<PathBuf>, text: String) {
        self.0.insert(path.into(), Derived::IfMissing(text));
    }

    /// Brings the files below `root` in line, or with `check` says which are not.
    pub(super) fn settle(&self, root: &Path, wings: &[&str], check: bool) -> Result<Report, DeriveError> {
        let mut report = Report::default();
        for (path, derived) in &self.0 {
            let full = root.join(path);
            let found = read_if_there(&full)?;
            let wanted = match derived {
                Derived::Whole(text) => text.clone(),
                Derived::Section(text) => with_section(&full, found.as_deref().unwrap_or_default(), text)?,
                Derived::IfMissing(text) => found.clone().unwrap_or_else(|| text.clone()),
            };
            if found.as_ref() != Some(&wanted) {
                report.written.push(path.clone());
                if !check {
                    put(&full, &wanted)?;
                }
            }
        }
        for wing in wings {
            for path in self.orphans(root, Path::new("functions").join(wing).join("src/bin"))? {
                if !check {
                    remove_file(root.join(&path)).map_err(|e| DeriveError::File(path.clone(), e))?;
                }
                report.removed.push(path);
            }
        }
        Ok(report)
    }

    /// Files in a directory of mains that nothing derives.
    fn orphans(&self, root: &Path, directory: PathBuf) -> Result<Vec<PathBuf>, DeriveError> {
        let full = root.join(&directory);
        let entries = match read_dir(&full) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(DeriveError::File(full, error)),
        };
        let names: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.file_name())).collect();
        let names = names.map_err(|e| DeriveError::File(full, e))?;
        let mut orphans: Vec<_> = names
            .into_iter()
            .map(|name| directory.join(name))
            .filter(|path| path.extension().is_some_and(|end| end == "rs") && !self.0.contains_key(path))
            .collect();
        orphans.sort();
        Ok(orphans)
    }
}

fn read_if_there(path: &Path) -> Result<Option<String>, DeriveError> {
    match read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(DeriveError::File(path.to_owned(), error)),
    }
}

fn put(path: &Path, text: &str) -> Result<(), DeriveError> {
    let failed = |error| DeriveError::File(path.to_owned(), error);
    if let Some(directory) = path.parent() {
        create_dir_all(directory).map_err(failed)?;
    }
    write(path, text).map_err(failed)
}

/// `found` with its derived section replaced, or with one at the end.
fn with_section(path: &Path, found: &str, section: &str) -> Result<String, DeriveError> {
    let section = format!("{START}\n{section}{END}\n");
    let Some((before, rest)) = found.split_once(START) else {
        return Ok(format!("{}\n\n{section}", found.trim_end()));
    };
    let (_, after) = rest.split_once(END).ok_or_else(|| DeriveError::Marks(path.to_owned()))?;
    Ok(format!("{before}{section}{}", after.strip_prefix('\n').unwrap_or(after)))
}
