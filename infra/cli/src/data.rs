//! The data directory of a local server: the signing secret, the database, a lock and the stored addresses.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use etcetera::BaseStrategy;
use jean_auth::keys::MINIMUM_SECRET_BYTES;
use jean_runtime::Random;
use zeroize::Zeroizing;

use jean_local::private;

/// A data directory.
#[derive(Debug)]
pub(crate) struct DataDirectory(PathBuf);

/// Errors of using a data directory.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataError {
    #[error("no data directory found for this user; pass one with --data DIR")]
    NoHome,
    #[error("cannot use the directory {path}: {source}")]
    Directory { path: String, source: io::Error },
    #[error("{0} is a file; pass a directory with --data DIR")]
    File(String),
    #[error("no database in {0}; run `jean serve` first or pass another directory with --data DIR")]
    Empty(String),
    #[error("another server is running on {0}; stop it first, or pass another directory with --data DIR")]
    Locked(String),
    #[error("cannot use the signing secret {path}: {source}")]
    Secret { path: String, source: io::Error },
    #[error("the signing secret {0} is readable by other users; run: chmod 600 {0}")]
    OpenSecret(String),
    #[error(
        "the signing secret {0} is shorter than {MINIMUM_SECRET_BYTES} bytes; delete it to create a new one, which signs \
         out every user"
    )]
    ShortSecret(String),
}

impl DataDirectory {
    /// Returns the given directory, or the default in this user's data directory.
    pub(crate) fn find(named: Option<PathBuf>) -> Result<Self, DataError> {
        match named {
            Some(path) => Ok(Self(path)),
            None => match etcetera::choose_base_strategy() {
                Ok(strategy) => Ok(Self(strategy.data_dir().join("jean-memory"))),
                Err(_) => Err(DataError::NoHome),
            },
        }
    }

    /// Creates the directory if it is missing.
    pub(crate) fn create(&self) -> Result<(), DataError> {
        if self.0.is_file() {
            return Err(DataError::File(self.to_string()));
        }
        private::directory(&self.0).map_err(|source| DataError::Directory { path: self.to_string(), source })
    }

    /// The path of the directory.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Reserves the directory for one server, until the file is closed.
    pub(crate) fn lock(&self) -> Result<File, DataError> {
        let unusable = |source| DataError::Directory { path: self.to_string(), source };
        let file = private::touch(&self.0.join("lock")).map_err(unusable)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(DataError::Locked(self.to_string())),
            // A file system without locks.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(file),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
            Ok(()) => Ok(file),
        }
    }

    /// The path of the database, which may not exist yet.
    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("jean.db")
    }

    /// The path of the database, if it exists.
    pub(crate) fn existing_database(&self) -> Result<PathBuf, DataError> {
        let database = self.database();
        if database.exists() { Ok(database) } else { Err(DataError::Empty(self.to_string())) }
    }

    /// Returns the signing secret, creating it on the first start. Replacing it would invalidate every token and cookie.
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

/// Generates a signing secret: 48 random bytes in Base64.
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
