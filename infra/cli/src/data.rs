//! The data directory of a local server: the secrets, the database, a lock and the stored addresses.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use etcetera::BaseStrategy;
use jean_auth::keys::{MINIMUM_SECRET_BYTES, private_key_pem};
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
    #[error("cannot read the directory {path}: {source}; run this command as the user that runs `jean serve`")]
    Unreadable { path: String, source: io::Error },
    #[error("no database in {0}; run `jean serve` first or pass another directory with --data DIR")]
    Empty(String),
    #[error("another server is running on {0}; stop it first, or pass another directory with --data DIR")]
    Locked(String),
    #[error("cannot use the secret {path}: {source}")]
    Secret { path: String, source: io::Error },
    #[error("the secret {0} is readable by other users; run: chmod 600 {0}")]
    OpenSecret(String),
    #[error(
        "the secret {0} is shorter than {MINIMUM_SECRET_BYTES} bytes; delete it to create a new one, which may \
         sign out every user"
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
        match database.try_exists() {
            Ok(true) => Ok(database),
            Ok(false) => Err(DataError::Empty(self.to_string())),
            Err(source) => Err(DataError::Unreadable { path: self.to_string(), source }),
        }
    }

    /// Returns the root secret, creating it on the first start. Replacing it would sign out every user.
    ///
    /// Earlier versions had one secret for both purposes. It becomes the root secret, so that sessions and connections
    /// continue; apps replace their access tokens by themselves.
    pub(crate) fn root_secret(&self, random: &Random) -> Result<Zeroizing<String>, DataError> {
        let (root, former) = (self.0.join("root-secret"), self.0.join("secret"));
        if !root.exists() {
            let first = if former.exists() { secret_in(&former)? } else { fresh_secret(random) };
            private::create(&root, &first).map_err(|source| unusable(&root, source))?;
        }
        secret_in(&root)
    }

    /// Returns the signing secret, creating it on the first start, and in the place of one that has become the root secret.
    pub(crate) fn signing_secret(&self, root: &str, random: &Random) -> Result<Zeroizing<String>, DataError> {
        let path = self.0.join("secret");
        if !path.exists() || *secret_in(&path)? == root {
            private::replace(&path, &fresh_secret(random)).map_err(|source| unusable(&path, source))?;
        }
        secret_in(&path)
    }

    /// Returns the private key of access tokens, creating it at the first start with one.
    pub(crate) fn private_key(&self, random: &Random) -> Result<Zeroizing<String>, DataError> {
        let path = self.0.join("access-token-key.pem");
        if !path.exists() {
            private::create(&path, &fresh_private_key(random)).map_err(|source| unusable(&path, source))?;
        }
        secret_in(&path)
    }
}

/// Generates a secret: 48 random bytes in Base64.
pub(crate) fn fresh_secret(random: &Random) -> Zeroizing<String> {
    Zeroizing::new(STANDARD.encode(Zeroizing::new(random.bytes::<48>())))
}

/// Generates an Ed25519 private key, as PKCS #8 PEM.
pub(crate) fn fresh_private_key(random: &Random) -> Zeroizing<String> {
    private_key_pem(&Zeroizing::new(random.bytes()))
}

fn secret_in(path: &Path) -> Result<Zeroizing<String>, DataError> {
    if private::is_open_to_others(path).map_err(|source| unusable(path, source))? {
        return Err(DataError::OpenSecret(path.display().to_string()));
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|source| unusable(path, source))?);
    let text: Zeroizing<String> = Zeroizing::new(text.trim().into());
    if text.len() < MINIMUM_SECRET_BYTES { Err(DataError::ShortSecret(path.display().to_string())) } else { Ok(text) }
}

fn unusable(path: &Path, source: io::Error) -> DataError {
    DataError::Secret { path: path.display().to_string(), source }
}

impl std::fmt::Display for DataDirectory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.display().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> (tempfile::TempDir, DataDirectory) {
        let folder = tempfile::tempdir().expect("a directory");
        let data = DataDirectory(folder.path().join("data"));
        data.create().expect("created");
        (folder, data)
    }

    fn secrets(data: &DataDirectory, random: &Random) -> (String, String) {
        let root = data.root_secret(random).expect("a root secret");
        let signing = data.signing_secret(&root, random).expect("a signing secret");
        (signing.to_string(), root.to_string())
    }

    #[cfg(unix)]
    #[test]
    fn unreadable_directory_is_not_an_empty_one() {
        let (folder, data) = directory();
        assert!(matches!(data.existing_database(), Err(DataError::Empty(_))));
        fs::write(folder.path().join("file"), "").expect("written");
        let error = DataDirectory(folder.path().join("file")).existing_database().expect_err("no directory");
        assert!(error.to_string().contains("as the user that runs `jean serve`"), "{error}");
    }

    /// SR-14
    #[test]
    fn secrets_differ_and_stay() {
        let (_folder, data) = directory();
        let random = Random::of_system();
        let (signing, root) = secrets(&data, &random);
        assert_ne!(signing, root);
        assert_eq!(secrets(&data, &random), (signing, root));
    }

    /// SR-14
    #[test]
    fn only_secret_of_an_earlier_version_becomes_the_root_secret() {
        let random = Random::of_system();
        for is_interrupted in [false, true] {
            let (_folder, data) = directory();
            let former = fresh_secret(&random);
            for name in ["secret", "root-secret"].into_iter().take(1 + usize::from(is_interrupted)) {
                private::create(&data.0.join(name), &former).expect("created");
            }
            let (signing, root) = secrets(&data, &random);
            assert_eq!(root, *former);
            assert_ne!(signing, root, "other services may hold the signing secret");
            assert_eq!(secrets(&data, &random), (signing, root));
        }
    }
}
