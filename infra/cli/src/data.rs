//! The directory a desk keeps everything in: the signing secret and the database.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use etcetera::BaseStrategy;
use jean_auth::keys::MINIMUM_SECRET_BYTES;
use jean_runtime::Random;
use zeroize::Zeroizing;

use jean_local::private;

/// A desk's directory.
#[derive(Debug)]
pub(crate) struct DataDirectory(PathBuf);

/// Why a directory can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataError {
    #[error("this computer has no directory for your data; name one with --data DIR")]
    NoHome,
    #[error("the directory {path} can't be used: {source}")]
    Directory { path: String, source: io::Error },
    #[error("nothing is kept in {0} yet; start `jean serve` there first, or name another directory with --data DIR")]
    Empty(String),
    #[error("the signing secret {path} can't be used: {source}")]
    Secret { path: String, source: io::Error },
    #[error("the signing secret {0} can be read by others; run: chmod 600 {0}")]
    OpenSecret(String),
    #[error(
        "the signing secret {0} is shorter than {MINIMUM_SECRET_BYTES} bytes; delete it to get a new one, which signs \
         everybody out"
    )]
    ShortSecret(String),
}

impl DataDirectory {
    /// The directory that was named, or this user's own for the purpose.
    pub(crate) fn find(named: Option<PathBuf>) -> Result<Self, DataError> {
        match named {
            Some(path) => Ok(Self(path)),
            None => match etcetera::choose_base_strategy() {
                Ok(strategy) => Ok(Self(strategy.data_dir().join("jean-memory"))),
                Err(_) => Err(DataError::NoHome),
            },
        }
    }

    /// Makes the directory where it is missing.
    pub(crate) fn make(&self) -> Result<(), DataError> {
        private::directory(&self.0).map_err(|source| DataError::Directory { path: self.to_string(), source })
    }

    /// The database, which may not be there yet.
    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("jean.db")
    }

    /// The database of a desk that has run.
    pub(crate) fn existing_database(&self) -> Result<PathBuf, DataError> {
        let database = self.database();
        if database.exists() { Ok(database) } else { Err(DataError::Empty(self.to_string())) }
    }

    /// The signing secret, which is made once: with another one every token and cookie would be worth nothing.
    pub(crate) fn secret(&self, random: &Random) -> Result<Zeroizing<String>, DataError> {
        let path = self.0.join("secret");
        let name = || path.display().to_string();
        let unusable = |source| DataError::Secret { path: name(), source };
        if !path.exists() {
            private::create(&path, &fresh_secret(random)).map_err(unusable)?;
        }
        if private::is_open_to_others(&path).map_err(unusable)? {
            return Err(DataError::OpenSecret(name()));
        }
        let text = read(&path).map_err(unusable)?;
        if text.len() < MINIMUM_SECRET_BYTES { Err(DataError::ShortSecret(name())) } else { Ok(text) }
    }
}

/// 48 random bytes as text.
pub(crate) fn fresh_secret(random: &Random) -> Zeroizing<String> {
    Zeroizing::new(STANDARD.encode(Zeroizing::new(random.bytes::<48>())))
}

fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    let text = Zeroizing::new(fs::read_to_string(path)?);
    Ok(Zeroizing::new(text.trim().into()))
}

impl std::fmt::Display for DataDirectory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.display().fmt(f)
    }
}
