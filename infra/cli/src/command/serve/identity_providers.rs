//! The file of identity providers for the local server: the template's parameter `IdentityProviders`, in which each provider may
//! also have its `client_secret`.

use std::{fs, io, path::Path};

use jean_auth::{
    identity_provider::{IdentityProviders, InvalidProviders},
    public_url::PublicUrl,
};
use serde_json::{Map, Value};

/// The two parameters of the template.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ProviderParameters {
    /// `IdentityProviders`.
    pub(super) providers: String,
    /// `IdentitySecretsJson`.
    pub(super) secrets: String,
}

/// Errors of reading the file.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the identity providers of {path}: {problem}")]
pub(super) struct UnusableFile {
    path: String,
    problem: FileProblem,
}

#[derive(Debug, thiserror::Error)]
enum FileProblem {
    #[error(transparent)]
    Unreadable(#[from] io::Error),
    /// The parser's message could contain a secret.
    #[error("it is not a JSON list of objects")]
    Malformed,
    #[error(transparent)]
    Invalid(#[from] InvalidProviders),
}

impl ProviderParameters {
    /// Reads a file.
    pub(super) fn read(path: &Path, public_url: &PublicUrl) -> Result<Self, UnusableFile> {
        let text = fs::read_to_string(path).map_err(FileProblem::from);
        let read = text.and_then(|text| Self::parse(&text, public_url));
        read.map_err(|problem| UnusableFile { path: path.display().to_string(), problem })
    }

    fn parse(text: &str, public_url: &PublicUrl) -> Result<Self, FileProblem> {
        let mut providers: Vec<Map<String, Value>> = serde_json::from_str(text).map_err(|_| FileProblem::Malformed)?;
        let mut secrets = Map::new();
        for provider in &mut providers {
            let (secret, id) = (provider.remove("client_secret"), provider.get("id").and_then(Value::as_str));
            if let (Some(secret), Some(id)) = (secret, id) {
                secrets.insert(id.into(), secret);
            }
        }
        let providers = Value::from(providers).to_string();
        IdentityProviders::read(&providers, public_url)?;
        Ok(Self { providers, secrets: Value::from(secrets).to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_split_from_the_providers() {
        let local: PublicUrl = "http://localhost:3000".parse().expect("valid");
        let file = r#"[{"id": "home", "label": "Home", "issuer": "http://localhost:8080/realms/home", "client_id": "jean",
            "client_secret": "hush", "sign_up": "open"}]"#;
        let read = ProviderParameters::parse(file, &local).expect("valid");
        assert_eq!(read.secrets, r#"{"home":"hush"}"#);
        assert!(!read.providers.contains("hush") && read.providers.contains("realms/home"));
        let public = "https://memory.example".parse().expect("valid");
        assert!(matches!(
            ProviderParameters::parse(file, &public),
            Err(FileProblem::Invalid(InvalidProviders::PlainHttp))
        ));
    }

    #[test]
    fn error_does_not_show_the_file() {
        let local: PublicUrl = "http://localhost:3000".parse().expect("valid");
        for text in ["hush", "{\"client_secret\": \"hush\"}", "[\"hush\"]", "[{\"client_secret\": \"hush\"}]"] {
            let problem = ProviderParameters::parse(text, &local).expect_err("malformed").to_string();
            assert!(!problem.contains("hush"), "{problem}");
        }
    }
}
