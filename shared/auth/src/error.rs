//! OAuth error codes, and errors with a fixed description.

use serde::Serialize;

/// Declares each error code with its wire name.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $wire:literal,)*) => {
        /// An error code of RFC 6749 §4.1.2.1 and §5.2, RFC 7591 §3.2.2, RFC 8707 §2 or OpenID Connect Core §3.1.2.6.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
        }

        impl ErrorCode {
            /// The wire name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }
        }
    };
}

codes! {
    /// A parameter is missing, repeated or malformed.
    InvalidRequest = "invalid_request",
    /// The client is unknown or failed to authenticate.
    InvalidClient = "invalid_client",
    /// The code or refresh token is invalid, expired, revoked or belongs to another client.
    InvalidGrant = "invalid_grant",
    /// No requested scope is known, or none of them was granted.
    InvalidScope = "invalid_scope",
    /// `resource` is not this server.
    InvalidTarget = "invalid_target",
    /// The grant type is not supported.
    UnsupportedGrantType = "unsupported_grant_type",
    /// The response type is not supported.
    UnsupportedResponseType = "unsupported_response_type",
    /// The user denied access.
    AccessDenied = "access_denied",
    /// `prompt=none`, and the user is not signed in.
    LoginRequired = "login_required",
    /// `prompt=none`, and consent is required.
    ConsentRequired = "consent_required",
    /// No redirect URI is acceptable.
    InvalidRedirectUri = "invalid_redirect_uri",
    /// The client metadata is invalid.
    InvalidClientMetadata = "invalid_client_metadata",
    /// A limit is reached; a retry succeeds later.
    TemporarilyUnavailable = "temporarily_unavailable",
    /// An internal error; a retry may succeed.
    ServerError = "server_error",
}

impl Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// An OAuth error: a code for the program and a description for its developer. The description is fixed text and never
/// contains input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}: {description}", code.as_str())]
pub struct OAuthError {
    /// `error`
    #[serde(rename = "error")]
    pub code: ErrorCode,
    /// `error_description`
    #[serde(rename = "error_description")]
    pub description: &'static str,
}

impl OAuthError {
    /// Constructs an error.
    pub const fn new(code: ErrorCode, description: &'static str) -> Self {
        Self { code, description }
    }
}
