//! The error codes of OAuth, and the one sentence that goes out with each.

use serde::Serialize;

/// Declares each code with its wire name.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $wire:literal,)*) => {
        /// An error code of RFC 6749 §4.1.2.1 and §5.2, RFC 7591 §3.2.2, RFC 8707 §2 or OpenID Connect Core §3.1.2.6.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
        }

        impl ErrorCode {
            /// The name on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }
        }
    };
}

codes! {
    /// The request is missing something, has something twice, or can't be read.
    InvalidRequest = "invalid_request",
    /// The client is unknown, or did not prove itself.
    InvalidClient = "invalid_client",
    /// The code or refresh token is not good, or not this client's.
    InvalidGrant = "invalid_grant",
    /// No scope of the request is known, or more than was granted.
    InvalidScope = "invalid_scope",
    /// `resource` names another server.
    InvalidTarget = "invalid_target",
    /// Not a grant type of this server.
    UnsupportedGrantType = "unsupported_grant_type",
    /// Not a response type of this server.
    UnsupportedResponseType = "unsupported_response_type",
    /// The person said no.
    AccessDenied = "access_denied",
    /// `prompt=none`, and nobody is signed in.
    LoginRequired = "login_required",
    /// `prompt=none`, and consent has to be asked for.
    ConsentRequired = "consent_required",
    /// None of the redirect URIs can be used.
    InvalidRedirectUri = "invalid_redirect_uri",
    /// The client's metadata can't be used.
    InvalidClientMetadata = "invalid_client_metadata",
    /// Our own failure; a retry may help.
    ServerError = "server_error",
}

impl Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// An error as OAuth tells it: a code for the program, a sentence for whoever reads its log. The sentence is fixed text,
/// never the request's.
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
    /// An error and its sentence.
    pub const fn new(code: ErrorCode, description: &'static str) -> Self {
        Self { code, description }
    }
}
