//! The addresses of a local server: where it listens, and the URL at which clients reach it.
//!
//! Both are stored in the data directory. Clients and passkeys are bound to the public URL, so a later start without the
//! options must not answer at another one, and links of `jean user` must lead to it.

use std::{fs, io, net::IpAddr, path::Path};

use jean_auth::public_url::PublicUrl;
use serde::{Deserialize, Serialize};

/// The file in the data directory.
const FILE: &str = "server.json";
/// The port if none is given.
pub(crate) const DEFAULT_PORT: u16 = 3000;

/// Arguments that select the addresses of a server.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct AddressArgs {
    /// The URL at which a tunnel or a TLS proxy makes this server reachable, such as `https://memory.example.com`; stored in
    /// the data directory [default: http://localhost:PORT]
    #[arg(long, value_name = "URL")]
    public_url: Option<PublicUrl>,
    /// The address to listen on, such as 0.0.0.0 in a container; stored in the data directory [default: the loopback
    /// addresses]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<IpAddr>,
    /// Forget the stored public URL and address, so that this computer alone reaches the server
    #[arg(long, conflicts_with_all = ["public_url", "listen"])]
    local: bool,
}

/// The addresses of a server that starts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ServerAddress {
    /// The public URL, unless it follows from the port.
    pub(crate) public_url: Option<PublicUrl>,
    /// The address to listen on; the loopback addresses if there is none.
    pub(crate) listen: Option<IpAddr>,
}

/// The content of the file.
#[derive(Debug, Serialize, Deserialize)]
struct StoredAddress {
    public_url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    listen: Option<IpAddr>,
}

/// Errors of the stored addresses.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AddressError {
    #[error("cannot use {path}: {source}")]
    File { path: String, source: io::Error },
    #[error("{path} is damaged ({reason}); run `jean serve --local` to replace it")]
    Damaged { path: String, reason: String },
}

impl AddressArgs {
    /// Combines the arguments with the addresses stored in the data directory, if there is one.
    pub(crate) fn resolve(&self, directory: Option<&Path>) -> Result<ServerAddress, AddressError> {
        let stored = match directory {
            Some(directory) if !self.local => read(directory)?,
            _ => None,
        };
        let (public_url, listen) = stored.unzip();
        // A URL on this computer follows from the port of each start.
        let public_url = public_url.filter(PublicUrl::is_https);
        Ok(ServerAddress {
            public_url: self.public_url.clone().or(public_url),
            listen: self.listen.or(listen.flatten()),
        })
    }
}

/// Stores the addresses of a server that starts.
pub(crate) fn store(public_url: &PublicUrl, listen: Option<IpAddr>, directory: &Path) -> Result<(), AddressError> {
    let path = directory.join(FILE);
    let stored = StoredAddress { public_url: public_url.issuer().into(), listen };
    let text = serde_json::to_string_pretty(&stored).map_err(io::Error::other);
    text.and_then(|text| fs::write(&path, text))
        .map_err(|source| AddressError::File { path: path.display().to_string(), source })
}

/// Returns the public URL of the last start, for links; the default one before the first start.
pub(crate) fn last_public_url(directory: &Path) -> Result<PublicUrl, AddressError> {
    Ok(match read(directory)? {
        Some((public_url, _)) => public_url,
        None => format!("http://localhost:{DEFAULT_PORT}").parse().expect("a loopback URL is valid"),
    })
}

fn read(directory: &Path) -> Result<Option<(PublicUrl, Option<IpAddr>)>, AddressError> {
    let file = directory.join(FILE);
    let path = || file.display().to_string();
    let bytes = match fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(AddressError::File { path: path(), source }),
    };
    let damaged = |reason| AddressError::Damaged { path: path(), reason };
    let stored: StoredAddress = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    let public_url = stored.public_url.parse().map_err(|error| damaged(format!("{error}")))?;
    Ok(Some((public_url, stored.listen)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(public_url: Option<&str>, listen: Option<&str>, local: bool) -> AddressArgs {
        AddressArgs {
            public_url: public_url.map(|url| url.parse().expect("valid")),
            listen: listen.map(|address| address.parse().expect("valid")),
            local,
        }
    }

    #[test]
    fn addresses_of_the_last_start_are_kept_until_others_are_given() {
        let folder = tempfile::tempdir().expect("a directory");
        let start = |arguments: AddressArgs| {
            let address = arguments.resolve(Some(folder.path())).expect("readable");
            let url = address.public_url.clone().unwrap_or_else(|| "http://localhost:3411".parse().expect("valid"));
            store(&url, address.listen, folder.path()).expect("writable");
            (address.public_url.map(|url| url.issuer().to_owned()), address.listen.map(|listen| listen.to_string()))
        };
        let none = || arguments(None, None, false);
        assert_eq!(start(none()), (None, None));
        assert_eq!(last_public_url(folder.path()).expect("readable").issuer(), "http://localhost:3411");
        let (far, all) = (Some("https://memory.example.com".to_owned()), Some("0.0.0.0".to_owned()));
        assert_eq!(start(arguments(far.as_deref(), None, false)), (far.clone(), None));
        assert_eq!(start(arguments(None, all.as_deref(), false)), (far.clone(), all.clone()));
        assert_eq!(start(none()), (far, all));
        assert_eq!(last_public_url(folder.path()).expect("readable").issuer(), "https://memory.example.com");
        assert_eq!(start(arguments(None, None, true)), (None, None));
        assert_eq!(start(none()), (None, None));
    }

    #[test]
    fn damaged_file_names_the_way_out() {
        let folder = tempfile::tempdir().expect("a directory");
        for content in ["", "{", r#"{"public_url":"ftp://x"}"#, r#"{"public_url":"https://x","listen":"here"}"#] {
            fs::write(folder.path().join(FILE), content).expect("writable");
            let error = arguments(None, None, false).resolve(Some(folder.path())).expect_err("damaged").to_string();
            assert!(error.contains("jean serve --local"), "{error}");
            assert!(arguments(None, None, true).resolve(Some(folder.path())).is_ok());
        }
    }
}
