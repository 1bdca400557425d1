//! Access token authentication of `/mcp`
//! ([RFC 6750](https://www.rfc-editor.org/rfc/rfc6750), [RFC 9728 §5.1](https://www.rfc-editor.org/rfc/rfc9728#section-5.1)).
//!
//! User, client and scopes are claims of the token, so authentication does not read the store (RS-05).

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use jean_auth::{
    public_url::PublicUrl,
    scope::{Scope, Scopes},
    token_request::strip_scheme,
};
use jean_memory::Credential;
use jean_runtime::{Context, SigningKeys};

use crate::{caller::AuthenticatedCaller, error_response::error_response};

/// Requires a valid access token with at least `memory:read`, for every method: authentication precedes 405 (RS-02).
pub(crate) async fn authenticate(context: Context<(), SigningKeys>, mut request: Request, next: Next) -> Response {
    let Some(token) = token(request.headers()) else {
        return BearerChallenge::NoToken.refuse(context.public_url());
    };
    let caller = match context.verify_access_token(token).await {
        Ok(claims) => AuthenticatedCaller::from(claims),
        Err(reason) => {
            let challenge = BearerChallenge::InvalidToken;
            let error = challenge.error();
            tracing::info!(event = jean_runtime::event::ACCESS_REFUSED, error, %reason, "token refused");
            return challenge.response(context.public_url());
        }
    };
    if has_token_in_query(request.uri()) {
        return BearerChallenge::TwoTokens.refuse(context.public_url());
    }
    if !caller.scopes().allows(Scope::MemoryRead) {
        return BearerChallenge::InsufficientScope(Scope::MemoryRead).refuse(context.public_url());
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

/// `true` if the query string has a token. URLs are logged, so none is accepted there (RS-03).
fn has_token_in_query(uri: &Uri) -> bool {
    let query = uri.query().unwrap_or_default();
    query.split('&').any(|parameter| parameter.split('=').next() == Some("access_token"))
}

/// The token of the `Authorization` header.
fn token(headers: &HeaderMap) -> Option<&str> {
    let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    strip_scheme(header, "bearer").filter(|token| !token.is_empty())
}

const READ_ONLY_KEY: &str =
    "This API key is read-only. Create one with full access at /account/keys or with `jean key create`.";

/// The reason for rejecting a token, and the scopes that the client should request (RFC 6750 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BearerChallenge {
    /// No token was sent. The user has to sign in. RFC 6750 §3.1 requires a challenge without an error code.
    NoToken,
    /// Another token is in the query string, which RFC 6750 §2 forbids.
    TwoTokens,
    /// The token is invalid or expired. The response does not disclose which.
    InvalidToken,
    /// The token is valid but lacks a scope. The client can ask the user for it.
    InsufficientScope(Scope),
    /// The API key may only read. No client can ask the user for more.
    ReadOnlyKey,
}

impl BearerChallenge {
    /// The challenge for a credential without the scope that a call needs. Every API key can read.
    pub(crate) fn insufficient(missing: Scope, credential: &Credential) -> Self {
        match credential {
            Credential::ApiKey(_) => Self::ReadOnlyKey,
            Credential::Grant { .. } | Credential::Person => Self::InsufficientScope(missing),
        }
    }

    /// Logs the refusal and returns the response.
    pub(crate) fn refuse(self, public_url: &PublicUrl) -> Response {
        tracing::info!(error = self.error(), "refused");
        self.response(public_url)
    }

    /// The error code.
    fn error(self) -> &'static str {
        match self {
            Self::NoToken => "unauthorized",
            Self::TwoTokens => "invalid_request",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope(_) | Self::ReadOnlyKey => "insufficient_scope",
        }
    }

    /// The response. Its header has the URL of the resource metadata, by which clients find the authorization server,
    /// and every scope the operation needs, since clients request exactly the scopes named here (RS-06).
    fn response(self, public_url: &PublicUrl) -> Response {
        let error = self.error();
        let (status, description) = match self {
            Self::NoToken => {
                (StatusCode::UNAUTHORIZED, "Unauthorized. An access token is required. Sign in to get one.")
            }
            Self::TwoTokens => (
                StatusCode::BAD_REQUEST,
                "The URL has an access token. Send it in the Authorization header only, since URLs are logged.",
            ),
            Self::InvalidToken => (
                StatusCode::UNAUTHORIZED,
                "Unauthorized. The access token is invalid or expired. Refresh it or sign in again.",
            ),
            Self::InsufficientScope(_) => {
                (StatusCode::FORBIDDEN, "The access token lacks a scope. Request the scopes of this challenge.")
            }
            Self::ReadOnlyKey => (StatusCode::FORBIDDEN, READ_ONLY_KEY),
        };
        let mut response = error_response(status, error, description);
        if self == Self::ReadOnlyKey {
            // The endpoint of API keys does not advertise OAuth (SD-02).
            return response;
        }
        let metadata = public_url.join("/.well-known/oauth-protected-resource/mcp");
        let scope = self.scopes();
        let challenge = match self {
            Self::NoToken => format!(r#"Bearer resource_metadata="{metadata}", scope="{scope}""#),
            _ => format!(
                r#"Bearer error="{error}", error_description="{description}", resource_metadata="{metadata}", scope="{scope}""#
            ),
        };
        let challenge = HeaderValue::try_from(challenge).expect("URL and scopes are visible ASCII");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        response
    }

    fn scopes(self) -> Scopes {
        match self {
            Self::InsufficientScope(Scope::MemoryRead) => Scopes::from_iter([Scope::MemoryRead]),
            _ => Scopes::of_the_resource(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header_of(challenge: BearerChallenge) -> (StatusCode, String) {
        let response = challenge.response(&"https://memory.example".parse().expect("valid"));
        let header = response.headers()[header::WWW_AUTHENTICATE].to_str().expect("ASCII").to_owned();
        (response.status(), header)
    }

    /// RS-02, RS-06
    #[test]
    fn challenge_has_the_metadata_url_and_scopes() {
        let metadata = r#"resource_metadata="https://memory.example/.well-known/oauth-protected-resource/mcp""#;
        let (status, header) = header_of(BearerChallenge::NoToken);
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert_eq!(header, format!(r#"Bearer {metadata}, scope="memory:read memory:write""#));
        for (challenge, status, error, scope) in [
            (BearerChallenge::TwoTokens, 400, "invalid_request", "memory:read memory:write"),
            (BearerChallenge::InvalidToken, 401, "invalid_token", "memory:read memory:write"),
            (BearerChallenge::InsufficientScope(Scope::MemoryRead), 403, "insufficient_scope", "memory:read"),
            (
                BearerChallenge::InsufficientScope(Scope::MemoryWrite),
                403,
                "insufficient_scope",
                "memory:read memory:write",
            ),
        ] {
            let (found, header) = header_of(challenge);
            assert_eq!(found.as_u16(), status);
            assert!(header.starts_with(&format!(r#"Bearer error="{error}", error_description=""#)), "{header}");
            assert!(header.ends_with(&format!(r#"{metadata}, scope="{scope}""#)), "{header}");
        }
    }

    /// RS-03
    #[test]
    fn token_in_the_query_string_is_found() {
        for (uri, found) in [
            ("/mcp", false),
            ("/mcp?access_token=x", true),
            ("/mcp?a=b&access_token", true),
            ("/mcp?token=access_token", false),
        ] {
            assert_eq!(has_token_in_query(&uri.parse().expect("a URI")), found, "{uri}");
        }
    }

    /// RS-03
    #[test]
    fn bearer_scheme_is_case_insensitive() {
        for (header, expected) in [
            ("Bearer abc", Some("abc")),
            ("bearer abc", Some("abc")),
            ("BEARER  abc ", Some("abc")),
            ("Bearer", None),
            ("Bearer ", None),
            ("Basic abc", None),
            ("abc", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(header))]);
            assert_eq!(token(&headers), expected, "{header}");
        }
    }
}
