//! The secrets of the local server: of the environment, else of the data directory, else fresh ones.

use std::error::Error;

use jean_auth::keys::{SigningSecret, VersionedSecret, WeakSecret};
use jean_local::stack::LocalSecrets;
use jean_runtime::{Environment, Random};
use zeroize::Zeroizing;

use crate::data::{self, DataDirectory};

const SIGNING_SECRET: &str = "JWT_SECRET_KEY";
const PRIVATE_KEY: &str = "ACCESS_TOKEN_PRIVATE_KEY";

/// The value of `--access-token-algorithm`.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Algorithm {
    /// One secret signs and verifies
    #[value(name = "HS256")]
    Hs256,
    /// A key pair, with its public key at /.well-known/jwks.json
    #[value(name = "EdDSA")]
    EdDsa,
}

/// A secret of the environment cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {0}: {1}; without the variable, the data directory's own secret is used")]
struct UnusableSecret(&'static str, WeakSecret);

/// Reads the secrets, and creates those that the data directory does not have.
pub(super) fn read(
    environment: &Environment,
    directory: Option<&DataDirectory>,
    algorithm: Algorithm,
    random: &Random,
) -> Result<LocalSecrets, Box<dyn Error>> {
    let root = match directory {
        Some(directory) => directory.root_secret(random)?,
        None => data::fresh_secret(random),
    };
    let signing = match (environment.get(SIGNING_SECRET), directory) {
        (Some(secret), _) => {
            SigningSecret::new(&secret, None).map_err(|weak| UnusableSecret(SIGNING_SECRET, weak))?;
            Zeroizing::new(secret)
        }
        (None, Some(directory)) => directory.signing_secret(&root, random)?,
        (None, None) => data::fresh_secret(random),
    };
    let private_key = match algorithm {
        Algorithm::Hs256 => None,
        Algorithm::EdDsa => Some(private_key(environment, directory, random)?),
    };
    Ok(LocalSecrets { signing, root, private_key })
}

fn private_key(
    environment: &Environment,
    directory: Option<&DataDirectory>,
    random: &Random,
) -> Result<Zeroizing<String>, Box<dyn Error>> {
    match (environment.get(PRIVATE_KEY), directory) {
        (Some(pem), _) => {
            SigningSecret::key_pair(pem.as_bytes(), None).map_err(|weak| UnusableSecret(PRIVATE_KEY, weak))?;
            Ok(Zeroizing::new(pem))
        }
        (None, Some(directory)) => Ok(directory.private_key(random)?),
        (None, None) => Ok(data::fresh_private_key(random)),
    }
}
