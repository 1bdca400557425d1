//! Server capabilities: one set of values that the metadata documents publish and the validators enforce (AS-03).

use std::str::FromStr;

use serde::Serialize;

use crate::{client::AuthenticationMethod, public_url::PublicUrl, scope::Scope};

/// `response_types_supported`
pub const RESPONSE_TYPES: &[&str] = &["code"];
/// `response_modes_supported`
pub const RESPONSE_MODES: &[&str] = &["query"];
/// `grant_types_supported`
pub const GRANT_TYPES: &[&str] = &["authorization_code", "refresh_token"];
/// `code_challenge_methods_supported`
pub const CODE_CHALLENGE_METHODS: &[&str] = &["S256"];
/// `token_endpoint_auth_methods_supported`
pub const AUTHENTICATION_METHODS: &[AuthenticationMethod] =
    &[AuthenticationMethod::None, AuthenticationMethod::ClientSecretPost, AuthenticationMethod::ClientSecretBasic];

/// The setting `CLIENT_METADATA_DOCUMENTS`: whether clients may use the URL of a metadata document as their id (AS-04), `on` or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientMetadataDocuments {
    /// Client metadata documents are fetched.
    On,
    /// Every client must register; nothing is fetched from the web.
    Off,
}

/// A setting other than `on` or `off`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be on or off")]
pub struct NeitherOnNorOff;

impl FromStr for ClientMetadataDocuments {
    type Err = NeitherOnNorOff;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err(NeitherOnNorOff),
        }
    }
}

/// The setting `ACCESS_TOKEN_ALGORITHM`: the algorithm that signs access tokens (SR-14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessTokenAlgorithm {
    /// A secret that verifiers share. No key is published.
    Hs256,
    /// A key pair, with its public key at [`KEYS_PATH`].
    EdDsa,
}

/// The path of the public keys ([RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5)).
pub const KEYS_PATH: &str = "/.well-known/jwks.json";

/// An algorithm that access tokens are not signed with.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be HS256 or EdDSA")]
pub struct UnknownAlgorithm;

impl FromStr for AccessTokenAlgorithm {
    type Err = UnknownAlgorithm;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "HS256" => Ok(Self::Hs256),
            "EdDSA" => Ok(Self::EdDsa),
            _ => Err(UnknownAlgorithm),
        }
    }
}

/// Authorization server metadata ([RFC 8414 §2](https://www.rfc-editor.org/rfc/rfc8414#section-2)).
#[derive(Debug, Serialize)]
pub struct AuthorizationServerMetadata<'a> {
    issuer: &'a str,
    authorization_endpoint: String,
    token_endpoint: String,
    registration_endpoint: String,
    revocation_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<String>,
    response_types_supported: &'static [&'static str],
    response_modes_supported: &'static [&'static str],
    grant_types_supported: &'static [&'static str],
    code_challenge_methods_supported: &'static [&'static str],
    token_endpoint_auth_methods_supported: &'static [AuthenticationMethod],
    revocation_endpoint_auth_methods_supported: &'static [AuthenticationMethod],
    scopes_supported: Vec<&'static str>,
    authorization_response_iss_parameter_supported: bool,
    service_documentation: String,
    client_id_metadata_document_supported: bool,
}

impl<'a> AuthorizationServerMetadata<'a> {
    /// The metadata of the server at `public_url`.
    pub fn new(public_url: &'a PublicUrl, documents: ClientMetadataDocuments, algorithm: AccessTokenAlgorithm) -> Self {
        Self {
            issuer: public_url.issuer(),
            authorization_endpoint: public_url.join("/oauth/authorize"),
            token_endpoint: public_url.join("/oauth/token"),
            registration_endpoint: public_url.join("/oauth/register"),
            revocation_endpoint: public_url.join("/oauth/revoke"),
            jwks_uri: (algorithm == AccessTokenAlgorithm::EdDsa).then(|| public_url.join(KEYS_PATH)),
            response_types_supported: RESPONSE_TYPES,
            response_modes_supported: RESPONSE_MODES,
            grant_types_supported: GRANT_TYPES,
            code_challenge_methods_supported: CODE_CHALLENGE_METHODS,
            token_endpoint_auth_methods_supported: AUTHENTICATION_METHODS,
            revocation_endpoint_auth_methods_supported: AUTHENTICATION_METHODS,
            scopes_supported: Scope::ALL.map(Scope::as_str).into(),
            authorization_response_iss_parameter_supported: true,
            service_documentation: public_url.join("/"),
            client_id_metadata_document_supported: documents == ClientMetadataDocuments::On,
        }
    }
}

/// Protected resource metadata ([RFC 9728 §2](https://www.rfc-editor.org/rfc/rfc9728#section-2)).
#[derive(Debug, Serialize)]
pub struct ProtectedResourceMetadata<'a> {
    resource: &'a str,
    authorization_servers: [&'a str; 1],
    scopes_supported: Vec<&'static str>,
    bearer_methods_supported: &'static [&'static str],
    resource_name: &'a str,
}

impl<'a> ProtectedResourceMetadata<'a> {
    /// The metadata of the MCP endpoint at `public_url`, with `resource_name` as its display name.
    pub fn new(public_url: &'a PublicUrl, resource_name: &'a str) -> Self {
        Self {
            resource: public_url.mcp(),
            authorization_servers: [public_url.issuer()],
            scopes_supported: Scope::OF_RESOURCE.map(Scope::as_str).into(),
            bearer_methods_supported: &["header"],
            resource_name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_is_on_or_off() {
        assert_eq!("on".parse(), Ok(ClientMetadataDocuments::On));
        assert_eq!("off".parse(), Ok(ClientMetadataDocuments::Off));
        assert_eq!("".parse::<ClientMetadataDocuments>(), Err(NeitherOnNorOff));
    }

    #[test]
    fn algorithm_is_one_of_two() {
        assert_eq!("HS256".parse(), Ok(AccessTokenAlgorithm::Hs256));
        assert_eq!("EdDSA".parse(), Ok(AccessTokenAlgorithm::EdDsa));
        for other in ["", "none", "RS256", "ES256", "eddsa"] {
            assert_eq!(other.parse::<AccessTokenAlgorithm>(), Err(UnknownAlgorithm), "{other}");
        }
    }
}
