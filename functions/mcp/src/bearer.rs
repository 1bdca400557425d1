//! Access tokens on `/mcp` (RFC 6750, MCP authorization).
//!
//! Nothing is looked up (RS-05): user, client and scopes come out of the token, so that a call costs the store only
//! what its tool needs.

use axum::{
    extract::{FromRef, Request},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jean_auth::{
    public_url::PublicUrl,
    scope::{Scope, Scopes},
    token_request::strip_scheme,
};
use jean_runtime::{Clock, Context, SigningKeys};

use crate::{caller::Caller, refusal::refusal};

/// What a token is verified with.
#[derive(Clone)]
pub(crate) struct Bearer {
    pub(crate) keys: SigningKeys,
    pub(crate) public_url: PublicUrl,
    pub(crate) clock: Clock,
}

impl FromRef<Bearer> for SigningKeys {
    fn from_ref(bearer: &Bearer) -> Self {
        bearer.keys.clone()
    }
}

impl FromRef<Bearer> for Clock {
    fn from_ref(bearer: &Bearer) -> Self {
        bearer.clock.clone()
    }
}

/// Lets through who has a good token, whatever the method: authentication comes before the 405 (RS-02).
pub(crate) async fn authenticate(bearer: Context<Bearer>, mut request: Request, next: Next) -> Response {
    let Some(token) = token(request.headers()) else {
        return Challenge::NoToken.response(&bearer.public_url);
    };
    let caller = match bearer.verify_access_token(token, &bearer.public_url).await {
        Ok(claims) => Caller::from(claims),
        Err(reason) => {
            tracing::info!(event = jean_runtime::event::ACCESS_REFUSED, %reason, "token refused");
            return Challenge::InvalidToken.response(&bearer.public_url);
        }
    };
    if !caller.scopes.allows(Scope::MemoryRead) {
        return Challenge::InsufficientScope(Scope::MemoryRead).response(&bearer.public_url);
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

/// The token of the `Authorization` header. One in the query string is not looked for: addresses end up in logs (RS-03).
fn token(headers: &HeaderMap) -> Option<&str> {
    let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    strip_scheme(header, "bearer").filter(|token| !token.is_empty())
}

/// Why a request is not let through, and what a client can do about it (RFC 6750 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// It can have a person sign in. No error code: RFC 6750 §3.1 wants none when no token was sent.
    NoToken,
    /// It can refresh, or have the person sign in again. One sentence for every reason.
    InvalidToken,
    /// It can ask the person for more.
    InsufficientScope(Scope),
}

impl Challenge {
    /// The answer: its header names the metadata that lead to the authorization server (RFC 9728 §5.1), and all the
    /// scopes that are needed, since a client asks for those it reads here and no others (RS-06).
    pub(crate) fn response(self, public_url: &PublicUrl) -> Response {
        let (status, error, description) = match self {
            Self::NoToken => (StatusCode::UNAUTHORIZED, "unauthorized", "An access token is needed. Sign in first."),
            Self::InvalidToken => (
                StatusCode::UNAUTHORIZED,
                "invalid_token",
                "The access token is not valid, or not any more. Refresh it, or sign in again.",
            ),
            Self::InsufficientScope(_) => (
                StatusCode::FORBIDDEN,
                "insufficient_scope",
                "The access token does not allow this. Ask for more scope.",
            ),
        };
        let metadata = public_url.join("/.well-known/oauth-protected-resource/mcp");
        let scope = self.scopes();
        let challenge = match self {
            Self::NoToken => format!(r#"Bearer resource_metadata="{metadata}", scope="{scope}""#),
            _ => format!(
                r#"Bearer error="{error}", error_description="{description}", resource_metadata="{metadata}", scope="{scope}""#
            ),
        };
        let challenge = HeaderValue::try_from(challenge).expect("URL and scopes are visible ASCII");
        let mut response = refusal(status, error, description);
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

    fn header_of(challenge: Challenge) -> (StatusCode, String) {
        let response = challenge.response(&"https://memory.example".parse().expect("valid"));
        let header = response.headers()[header::WWW_AUTHENTICATE].to_str().expect("ASCII").to_owned();
        (response.status(), header)
    }

    #[test]
    fn each_challenge_says_where_to_go_and_what_to_ask_for_rs02_rs06() {
        let metadata = r#"resource_metadata="https://memory.example/.well-known/oauth-protected-resource/mcp""#;
        let (status, header) = header_of(Challenge::NoToken);
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert_eq!(header, format!(r#"Bearer {metadata}, scope="memory:read memory:write""#));
        for (challenge, status, error, scope) in [
            (Challenge::InvalidToken, 401, "invalid_token", "memory:read memory:write"),
            (Challenge::InsufficientScope(Scope::MemoryRead), 403, "insufficient_scope", "memory:read"),
            (Challenge::InsufficientScope(Scope::MemoryWrite), 403, "insufficient_scope", "memory:read memory:write"),
        ] {
            let (found, header) = header_of(challenge);
            assert_eq!(found.as_u16(), status);
            assert!(header.starts_with(&format!(r#"Bearer error="{error}", error_description=""#)), "{header}");
            assert!(header.ends_with(&format!(r#"{metadata}, scope="{scope}""#)), "{header}");
        }
    }

    #[test]
    fn the_scheme_is_read_whatever_its_case_and_nothing_else_is_a_token_rs03() {
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
