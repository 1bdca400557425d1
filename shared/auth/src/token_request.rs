//! Parsing of token requests ([OAuth 2.1 §3.2.2](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1#section-3.2.2)) and of the client
//! credentials that token and revocation requests share ([RFC 7009 §2.1](https://www.rfc-editor.org/rfc/rfc7009#section-2.1)).
//!
//! Codes and tokens are redeemed in [`code`](crate::code) and [`grant`](crate::grant).

use std::str::FromStr;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    client::{CLIENT_AUTH_FAILED, ClientId, UNKNOWN_CLIENT},
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

/// A parsed token request. Its code or refresh token is well formed, but not yet looked up.
#[derive(Debug)]
pub enum TokenRequest {
    /// `grant_type=authorization_code`
    Code {
        /// The authorization code.
        code: AuthorizationCode,
        /// The redirect URI of the authorization request, if the client repeats it.
        redirect_uri: Option<RedirectUri>,
        /// The PKCE verifier.
        verifier: CodeVerifier,
    },
    /// `grant_type=refresh_token`
    Refresh {
        /// The refresh token.
        token: RefreshToken,
        /// The requested subset of the granted scopes.
        scope: Option<Scopes>,
    },
}

impl TokenRequest {
    /// Parses a token request.
    ///
    /// # Errors
    /// `invalid_request` for missing or repeated parameters, `unsupported_grant_type`, `invalid_target`, and
    /// `invalid_grant` for a malformed code, verifier or token, the same answer as for an expired one (AS-12).
    pub fn read(parameters: &Parameters, public_url: &PublicUrl) -> Result<Self, OAuthError> {
        resource::validate(parameters, public_url)?;
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
                // The granted scopes can be narrowed, never widened (T-24). Unknown names alone narrow nothing, as in the
                // authorization request.
                scope: parameters.get("scope").and_then(|scope| scope.parse().ok()),
            }),
            Some(_) => Err(OAuthError::new(
                ErrorCode::UnsupportedGrantType,
                "grant_type must be authorization_code or refresh_token.",
            )),
            None => Err(OAuthError::new(ErrorCode::InvalidRequest, "grant_type is missing.")),
        }
    }
}

/// The single error for a code or token that is unknown, used, expired, revoked or issued to another client.
pub const INVALID_GRANT: OAuthError =
    OAuthError::new(ErrorCode::InvalidGrant, "The code or refresh token is no longer valid. Connect again.");

fn grant_parameter<T: FromStr>(parameters: &Parameters, name: &str, missing: &'static str) -> Result<T, OAuthError> {
    let text = parameters.get(name).ok_or(OAuthError::new(ErrorCode::InvalidRequest, missing))?;
    text.parse().map_err(|_| INVALID_GRANT)
}

/// The credentials of a client.
#[derive(Debug)]
pub struct ClientCredentials {
    /// The client id, e.g. `claude_k3v5q2m7xnp4`.
    pub client_id: ClientId,
    /// The secret, if the client sent one, e.g. `jms_3q2-7w…`.
    pub secret: Option<ClientSecret>,
}

impl ClientCredentials {
    /// Parses the credentials from the `Authorization: Basic` header (RFC 6749 §2.3.1) or from the body.
    ///
    /// # Errors
    /// `invalid_request` if header and body both carry credentials, `invalid_client` if the id is missing or credentials are
    /// malformed (RFC 6749 §5.2).
    pub fn read(authorization: Option<&str>, parameters: &Parameters) -> Result<Self, OAuthError> {
        let in_body =
            (parameters.get("client_id"), parameters.get("client_secret").filter(|secret| !is_absent(secret)));
        let (id, secret) = match authorization.and_then(|header| strip_scheme(header, "basic")) {
            None => (in_body.0.map(String::from), in_body.1.map(String::from)),
            Some(encoded) => {
                let (id, secret) = decode_basic(encoded).ok_or(CLIENT_AUTH_FAILED)?;
                // One method per request (RFC 6749 §2.3). Clients commonly repeat the same id in the body.
                if in_body.1.is_some() || in_body.0.is_some_and(|other| other != id) {
                    return Err(OAuthError::new(
                        ErrorCode::InvalidRequest,
                        "Send client credentials either in the Authorization header or in the body.",
                    ));
                }
                (Some(id), Some(secret))
            }
        };
        let id = id.ok_or(OAuthError::new(ErrorCode::InvalidClient, "client_id is missing."))?;
        let client_id = id.parse().map_err(|_| UNKNOWN_CLIENT)?;
        let secret = match secret.filter(|secret| !is_absent(secret)) {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| CLIENT_AUTH_FAILED)?),
        };
        Ok(Self { client_id, secret })
    }
}

/// `true` for the texts that public clients send in place of the secret that they do not have.
fn is_absent(secret: &str) -> bool {
    let secret = secret.trim();
    secret.is_empty() || ["undefined", "null", "none"].iter().any(|absent| secret.eq_ignore_ascii_case(absent))
}

/// Returns the credentials of an `Authorization` header with this scheme, ignoring the case of the scheme (RFC 9110 §11.1).
pub fn strip_scheme<'a>(header: &'a str, scheme: &str) -> Option<&'a str> {
    let (found, credentials) = header.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| credentials.trim_matches(' '))
}

/// Decodes Basic credentials. Id and secret are form-encoded before they are joined (RFC 6749 §2.3.1).
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
    fn each_fault_has_the_error_code_of_the_rfc() {
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
    fn credentials_are_read_from_header_or_body() {
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

    /// TO-04
    #[test]
    fn placeholder_of_a_missing_secret_is_ignored() {
        let without = Ok(("claude_abc123".to_string(), false));
        for placeholder in ["", "undefined", "null", "None", "NULL", "none", "%20", "+undefined+"] {
            let body = format!("client_id=claude_abc123&client_secret={placeholder}");
            assert_eq!(credentials(None, &body), without, "{placeholder}");
            let header = basic(&format!("claude_abc123:{placeholder}"));
            assert_eq!(credentials(Some(&header), ""), without, "{placeholder}");
            let secret = ClientSecret::new([1; 32]).expose().to_string();
            let header = basic(&format!("claude_abc123:{secret}"));
            assert_eq!(credentials(Some(&header), &body), Ok(("claude_abc123".into(), true)), "{placeholder}");
        }
        for other in ["undefined2", "nil", "0", "false"] {
            let body = format!("client_id=claude_abc123&client_secret={other}");
            assert_eq!(credentials(None, &body), Err(ErrorCode::InvalidClient), "{other}");
        }
    }

    /// TO-04
    #[test]
    fn unknown_scopes_alone_narrow_nothing() {
        let token = crate::grant::RefreshToken::new("user".parse().expect("valid"), [1; 16], [2; 32]);
        let scope = |scope: &str| match read(&format!(
            "grant_type=refresh_token&refresh_token={}&scope={scope}",
            *token.expose()
        )) {
            Ok(TokenRequest::Refresh { scope, .. }) => scope.map(String::from),
            other => panic!("{other:?}"),
        };
        assert_eq!(scope("openid+profile"), None);
        assert_eq!(scope(""), None);
        assert_eq!(scope("openid+memory:read").as_deref(), Some("memory:read"));
    }

    /// TO-01
    #[test]
    fn every_value_of_resource_must_be_ours() {
        let code = AuthorizationCode::new([1; 32]).expose().to_string();
        let form = |resources: &str| {
            format!("grant_type=authorization_code&code={code}&code_verifier={}{resources}", "a".repeat(43))
        };
        let ours = "&resource=https://memory.example/mcp";
        assert!(read(&form(&format!("{ours}{ours}"))).is_ok());
        assert!(read(&form(&format!("{ours}/&resource="))).is_ok());
        for other in ["&resource=https://evil.example/mcp", "&resource=https://memory.example/mcp/v2"] {
            for resources in [format!("{ours}{other}"), format!("{other}{ours}")] {
                assert_eq!(read(&form(&resources)).expect_err(other), ErrorCode::InvalidTarget, "{resources}");
            }
        }
    }

    #[test]
    fn missing_client_id_is_invalid_client() {
        for body in ["", "client_id=", "client_secret=x", "client_id=%20"] {
            for authorization in [None, Some("Bearer x"), Some("Basic")] {
                assert_eq!(credentials(authorization, body), Err(ErrorCode::InvalidClient), "{authorization:?} {body}");
            }
        }
    }

    /// T-13
    #[test]
    fn malformed_header_is_invalid_client() {
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
    fn credentials_in_header_and_body_are_rejected() {
        let secret = ClientSecret::new([1; 32]).expose().to_string();
        let header = basic(&format!("claude_abc123:{secret}"));
        assert_eq!(credentials(Some(&header), &format!("client_secret={secret}")), Err(ErrorCode::InvalidRequest));
        assert_eq!(credentials(Some(&header), "client_id=other"), Err(ErrorCode::InvalidRequest));
    }
}
