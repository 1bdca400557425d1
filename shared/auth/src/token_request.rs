//! The token request (OAuth 2.1 §3.2.2) and the revocation request (RFC 7009 §2.1): what they ask, and who asks.

use std::str::FromStr;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    client::ClientId,
    error::{ErrorCode, OAuthError},
    grant::RefreshToken,
    parameters::Parameters,
    pkce::CodeVerifier,
    public_url::PublicUrl,
    redirect_uri::RedirectUri,
    resource,
    scope::Scopes,
    secret::{AuthorizationCode, ClientSecret},
};

/// What is asked for. What the request holds is in its final type; what it is worth is for the store to say.
#[derive(Debug)]
pub enum TokenRequest {
    /// `grant_type=authorization_code`
    Code {
        /// The code.
        code: AuthorizationCode,
        /// The address it was sent to, if the client repeats it.
        redirect_uri: Option<RedirectUri>,
        /// The proof.
        verifier: CodeVerifier,
    },
    /// `grant_type=refresh_token`
    Refresh {
        /// The token.
        token: RefreshToken,
        /// Fewer scopes than were granted, if that is wanted.
        scope: Option<Scopes>,
    },
}

impl TokenRequest {
    /// Reads a token request.
    ///
    /// # Errors
    /// `invalid_request` for what is missing or doubled, `unsupported_grant_type`, `invalid_target`, `invalid_scope`;
    /// `invalid_grant` for a code, verifier or token that can't be one: to the client it is a dead one (AS-12).
    pub fn read(parameters: &Parameters, public_url: &PublicUrl) -> Result<Self, OAuthError> {
        if parameters.get("resource").is_some_and(|resource| !resource::is_ours(resource, public_url)) {
            return Err(OAuthError::new(ErrorCode::InvalidTarget, "resource is not this server's MCP URL."));
        }
        match parameters.get("grant_type") {
            Some("authorization_code") => Ok(Self::Code {
                code: grant_parameter(parameters, "code", "code is missing.")?,
                redirect_uri: match parameters.get("redirect_uri") {
                    None => None,
                    Some(uri) => Some(uri.parse().map_err(|_| INVALID_GRANT)?),
                },
                verifier: grant_parameter(parameters, "code_verifier", "code_verifier is missing.")?,
            }),
            Some("refresh_token") => Ok(Self::Refresh {
                token: grant_parameter(parameters, "refresh_token", "refresh_token is missing.")?,
                // T-24: this can only ever narrow what was granted.
                scope: match parameters.get("scope") {
                    None => None,
                    Some(scope) => Some(scope.parse().map_err(|_| {
                        OAuthError::new(ErrorCode::InvalidScope, "None of the scopes is known to this server.")
                    })?),
                },
            }),
            Some(_) => Err(OAuthError::new(
                ErrorCode::UnsupportedGrantType,
                "grant_type must be authorization_code or refresh_token.",
            )),
            None => Err(OAuthError::new(ErrorCode::InvalidRequest, "grant_type is missing.")),
        }
    }
}

/// The one answer for a code or token that is unknown, used, expired, revoked or somebody else's.
pub const INVALID_GRANT: OAuthError =
    OAuthError::new(ErrorCode::InvalidGrant, "The code or refresh token is not valid any more. Connect again.");

fn grant_parameter<T: FromStr>(parameters: &Parameters, name: &str, missing: &'static str) -> Result<T, OAuthError> {
    let text = parameters.get(name).ok_or(OAuthError::new(ErrorCode::InvalidRequest, missing))?;
    text.parse().map_err(|_| INVALID_GRANT)
}

/// Who asks: the client's id, and its secret if it showed one.
#[derive(Debug)]
pub struct ClientCredentials {
    /// Whom the request names.
    pub client_id: ClientId,
    /// What it proves it with.
    pub secret: Option<ClientSecret>,
}

/// No such client, or not the right one. One sentence for both.
pub const CLIENT_AUTH_FAILED: OAuthError =
    OAuthError::new(ErrorCode::InvalidClient, "The client is unknown or did not prove itself. Register again.");

impl ClientCredentials {
    /// Reads the `Authorization: Basic` header (RFC 6749 §2.3.1) or the body.
    ///
    /// # Errors
    /// `invalid_request` for two proofs at once, `invalid_client` for what names no client.
    pub fn read(authorization: Option<&str>, parameters: &Parameters) -> Result<Self, OAuthError> {
        let in_body = (parameters.get("client_id"), parameters.get("client_secret"));
        let (id, secret) = match authorization.and_then(|header| strip_scheme(header, "basic")) {
            None => (in_body.0.map(String::from), in_body.1.map(String::from)),
            Some(encoded) => {
                let (id, secret) = decode_basic(encoded).ok_or(CLIENT_AUTH_FAILED)?;
                // RFC 6749 §2.3: one method per request. Repeating the same id in the body is common, and harmless.
                if in_body.1.is_some() || in_body.0.is_some_and(|other| other != id) {
                    return Err(OAuthError::new(
                        ErrorCode::InvalidRequest,
                        "The client proves itself in the header and in the body.",
                    ));
                }
                (Some(id), Some(secret))
            }
        };
        let client_id = id.and_then(|id| id.parse().ok()).ok_or(CLIENT_AUTH_FAILED)?;
        let secret = match secret.filter(|secret| !secret.is_empty()) {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| CLIENT_AUTH_FAILED)?),
        };
        Ok(Self { client_id, secret })
    }
}

/// The credentials of an `Authorization` header, if it has this scheme (RFC 9110 §11.1: its case does not matter).
pub fn strip_scheme<'a>(header: &'a str, scheme: &str) -> Option<&'a str> {
    let (found, credentials) = header.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| credentials.trim_matches(' '))
}

/// Both halves are form-encoded before they are joined (RFC 6749 §2.3.1).
fn decode_basic(encoded: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decode(id)?, form_decode(secret)?))
}

fn form_decode(text: &str) -> Option<String> {
    let escaped = text.replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(escaped.as_bytes()).next().map(|(name, _)| name.into_owned()).or(Some(String::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<TokenRequest, ErrorCode> {
        let public_url = "https://memory.example".parse().expect("valid");
        Parameters::from_form(body.as_bytes())
            .map_err(OAuthError::from)
            .and_then(|parameters| TokenRequest::read(&parameters, &public_url))
            .map_err(|error| error.code)
    }

    fn credentials(header: Option<&str>, body: &str) -> Result<(String, bool), ErrorCode> {
        ClientCredentials::read(header, &Parameters::from_form(body.as_bytes()).expect("unique"))
            .map(|credentials| (credentials.client_id.to_string(), credentials.secret.is_some()))
            .map_err(|error| error.code)
    }

    fn basic(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[test]
    fn each_fault_has_the_code_the_rfc_names() {
        let code = AuthorizationCode::new([1; 32]).expose().to_string();
        let verifier = "a".repeat(43);
        for (body, expected) in [
            ("".into(), ErrorCode::InvalidRequest),
            ("grant_type=password".into(), ErrorCode::UnsupportedGrantType),
            (format!("grant_type=authorization_code&code_verifier={verifier}"), ErrorCode::InvalidRequest),
            (format!("grant_type=authorization_code&code={code}"), ErrorCode::InvalidRequest),
            (format!("grant_type=authorization_code&code={code}&code_verifier=short"), ErrorCode::InvalidGrant),
            (format!("grant_type=authorization_code&code=nonsense&code_verifier={verifier}"), ErrorCode::InvalidGrant),
            (
                format!("grant_type=authorization_code&code={code}&code_verifier={verifier}&redirect_uri=x"),
                ErrorCode::InvalidGrant,
            ),
            (
                format!("grant_type=authorization_code&code={code}&code={code}&code_verifier={verifier}"),
                ErrorCode::InvalidRequest,
            ),
            (
                format!(
                    "grant_type=authorization_code&code={code}&code_verifier={verifier}&resource=https://x.example"
                ),
                ErrorCode::InvalidTarget,
            ),
            ("grant_type=refresh_token".into(), ErrorCode::InvalidRequest),
            ("grant_type=refresh_token&refresh_token=nonsense".into(), ErrorCode::InvalidGrant),
        ] {
            assert_eq!(read(&body).expect_err(&body), expected, "{body}");
        }
        assert!(read(&format!("grant_type=authorization_code&code={code}&code_verifier={verifier}")).is_ok());
    }

    #[test]
    fn a_client_is_named_in_the_header_or_in_the_body() {
        let secret = ClientSecret::new([1; 32]).expose().to_string();
        let named = |has_secret| Ok(("claude_abc123".to_string(), has_secret));
        assert_eq!(credentials(None, "client_id=claude_abc123"), named(false));
        assert_eq!(credentials(None, &format!("client_id=claude_abc123&client_secret={secret}")), named(true));
        assert_eq!(credentials(Some(&basic(&format!("claude_abc123:{secret}"))), ""), named(true));
        assert_eq!(
            credentials(Some(&basic(&format!("claude%5Fabc123:{secret}"))), "client_id=claude_abc123"),
            named(true)
        );
        assert_eq!(credentials(Some(&basic("claude_abc123:")), ""), named(false));
        assert_eq!(credentials(Some("Bearer x"), "client_id=claude_abc123"), named(false));
    }

    #[test]
    fn a_malformed_header_names_no_client_t13() {
        for header in [
            "Basic",
            "Basic ",
            "Basic !!!",
            &basic("no colon"),
            &basic(":secret"),
            &basic("a:not-a-secret"),
            &basic("\u{e9}:x"),
        ] {
            let error = credentials(Some(header), "").expect_err(header);
            assert_eq!(error, ErrorCode::InvalidClient, "{header}");
        }
    }

    #[test]
    fn two_proofs_at_once_are_refused() {
        let secret = ClientSecret::new([1; 32]).expose().to_string();
        let header = basic(&format!("claude_abc123:{secret}"));
        assert_eq!(credentials(Some(&header), &format!("client_secret={secret}")), Err(ErrorCode::InvalidRequest));
        assert_eq!(credentials(Some(&header), "client_id=other"), Err(ErrorCode::InvalidRequest));
    }
}
