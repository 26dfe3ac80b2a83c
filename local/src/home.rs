//! What the local cloud itself keeps in its data directory: secrets, how far its clock is ahead, how far streams were read.
use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Serialize, de::DeserializeOwned};
use shared::random::{self, Random};

/// The directory, or nothing when everything is in memory.
#[derive(Debug, Clone)]
pub(crate) struct Home(Option<PathBuf>);

/// A file of the local cloud could not be used.
#[derive(Debug, thiserror::Error)]
#[error("the file {} cannot be used: {source}", file.display())]
pub struct HomeError {
    file: PathBuf,
    source: io::Error,
}

const SECRETS: &str = "secrets.json";
const CLOCK: &str = "clock.json";
const POSITIONS: &str = "positions.json";

impl Home {
    pub fn new(directory: Option<&Path>) -> Self {
        Self(directory.map(Path::to_owned))
    }

    /// A value for each of the secrets `names`: the `given` one, the one kept, or 32 random bytes in base64, which are kept.
    pub fn secrets(
        &self,
        names: impl IntoIterator<Item = String>,
        given: &BTreeMap<String, String>,
        random: &dyn Random,
    ) -> Result<BTreeMap<String, String>, HomeError> {
        let mut kept: BTreeMap<String, String> = self.read(SECRETS)?.unwrap_or_default();
        let before = kept.len();
        for name in names {
            kept.entry(name).or_insert_with(|| STANDARD.encode(random::bytes::<32>(random)));
        }
        if kept.len() > before {
            self.write(SECRETS, &kept)?;
        }
        kept.extend(given.iter().map(|(name, value)| (name.clone(), value.clone())));
        Ok(kept)
    }

    /// By how many seconds the clock was moved, all in all.
    pub fn clock_ahead(&self) -> Result<i64, HomeError> {
        Ok(self.read(CLOCK)?.unwrap_or_default())
    }

    pub fn keep_clock_ahead(&self, seconds: i64) -> Result<(), HomeError> {
        self.write(CLOCK, &seconds)
    }

    /// The position that each stream reader has reached.
    pub fn positions(&self) -> Result<BTreeMap<String, String>, HomeError> {
        Ok(self.read(POSITIONS)?.unwrap_or_default())
    }

    pub fn keep_positions(&self, positions: &BTreeMap<String, String>) -> Result<(), HomeError> {
        self.write(POSITIONS, positions)
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, HomeError> {
        let Some(file) = self.0.as_ref().map(|directory| directory.join(name)) else { return Ok(None) };
        let text = match fs::read(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(HomeError { file, source }),
        };
        serde_json::from_slice(&text).map(Some).map_err(|error| HomeError { file, source: error.into() })
    }

    /// Writes beside and renames, so that a crash leaves the old file or the new one.
    fn write<T: Serialize>(&self, name: &str, value: &T) -> Result<(), HomeError> {
        let Some(file) = self.0.as_ref().map(|directory| directory.join(name)) else { return Ok(()) };
        let beside = file.with_extension("new");
        let written = || -> io::Result<()> {
            let text = serde_json::to_vec_pretty(value)?;
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(&beside)?.write_all(&text)?;
            fs::rename(&beside, &file)
        };
        written().map_err(|source| HomeError { file, source })
    }
}

#[cfg(test)]
mod tests {
    use shared::random::SystemRandom;

    use super::*;

    #[test]
    fn secrets_survive_a_restart_and_only_their_owner_may_read_them() {
        let directory = tempfile::tempdir().unwrap();
        let home = Home::new(Some(directory.path()));
        let names = || ["a".to_owned(), "b".to_owned()];
        let given = BTreeMap::from([("b".to_owned(), "given".to_owned())]);
        let first = home.secrets(names(), &given, &SystemRandom).unwrap();
        assert_eq!(STANDARD.decode(&first["a"]).unwrap().len(), 32);
        assert_eq!(first["b"], "given");
        assert_eq!(home.secrets(names(), &given, &SystemRandom).unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(directory.path().join(SECRETS)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_file_is_named() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(SECRETS), "{").unwrap();
        let error =
            Home::new(Some(directory.path())).secrets([], &BTreeMap::new(), &SystemRandom).unwrap_err();
        assert!(error.to_string().contains("secrets.json"), "{error}");
    }
}
