//! Dynamic client registration ([RFC 7591](https://www.rfc-editor.org/rfc/rfc7591)).
//!
//! The MCP specification deprecates it, but most clients still depend on it and send unsupported or malformed metadata.
//! Such members are omitted or replaced, as RFC 7591 §3.2.1 allows, and the response lists the registered values. A
//! request without a usable redirect URI is rejected (AS-05), and so is one in which a member that decides how the client
//! will call has the wrong JSON type: a replaced value would only fail later, at the token endpoint (TO-04). Client metadata documents are in
//! [`client_metadata`](crate::client_metadata).

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};

use crate::{
    client::{
        AuthenticationMethod, Client, ClientId, ShortName, UNUSED_LIFETIME, USED_LIFETIME, leaves_out_refreshing,
    },
    error::{ErrorCode, OAuthError},
    known_client,
    metadata::{GRANT_TYPES, RESPONSE_TYPES},
    redirect_uri::RedirectUri,
    scope::Scopes,
    secret::{ClientSecret, Entropy},
    shown_name::shown_name,
};

/// The maximum number of redirect URIs per client, and their maximum length in bytes (SR-17). Others are ignored.
const REDIRECT_URIS: usize = 10;
const REDIRECT_URI_BYTES: usize = 512;
/// Some JSON libraries begin with it (RFC 8259 §8.1).
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The supported members of a registration request (RFC 7591 §2). A descriptive member of the wrong type is ignored.
#[derive(Debug, Deserialize)]
pub struct RegistrationRequest {
    #[serde(default)]
    redirect_uris: Option<Vec<serde_json::Value>>,
    #[serde(default, deserialize_with = "or_absent")]
    client_name: Option<String>,
    #[serde(default)]
    token_endpoint_auth_method: Option<String>,
    #[serde(default)]
    grant_types: Option<Vec<String>>,
    #[serde(default, rename = "response_types")]
    _response_types: Option<Vec<String>>,
    #[serde(default, deserialize_with = "or_absent")]
    scope: Option<String>,
    #[serde(default, deserialize_with = "or_absent")]
    application_type: Option<String>,
}

fn or_absent<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

impl RegistrationRequest {
    fn read(body: &[u8]) -> Result<Self, OAuthError> {
        let invalid = |description| OAuthError::new(ErrorCode::InvalidClientMetadata, description);
        let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
        // Parsed as a map first, because serde would accept an array in place of the struct.
        let members = serde_json::from_slice::<serde_json::Map<_, _>>(body)
            .map_err(|_| invalid("The body must be a JSON object."))?;
        serde_json::from_value(members.into()).map_err(|_| {
            invalid(
                "The body must be a JSON object: redirect_uris, grant_types and response_types are arrays of strings, and \
                 token_endpoint_auth_method is a string.",
            )
        })
    }

    fn usable_redirect_uris(&self) -> Result<Vec<RedirectUri>, OAuthError> {
        let texts = self.redirect_uris.iter().flatten().filter_map(|uri| uri.as_str());
        let short = texts.filter(|uri| uri.len() <= REDIRECT_URI_BYTES);
        let usable: Vec<_> = short.filter_map(|uri| uri.parse().ok()).take(REDIRECT_URIS).collect();
        if usable.is_empty() {
            return Err(OAuthError::new(
                ErrorCode::InvalidRedirectUri,
                "None of the redirect_uris can be used: https, http on localhost, or an app's own scheme, of at most 512 bytes.",
            ));
        }
        Ok(usable)
    }

    /// RFC 7591 §2 defaults to `client_secret_basic`. Clients that omit the method never send a secret, so they are registered
    /// as public clients, and the response says so. So are those with an unsupported method, such as `private_key_jwt`.
    fn method(&self) -> AuthenticationMethod {
        let method = self.token_endpoint_auth_method.clone().map(serde_json::Value::from);
        method.and_then(|method| serde_json::from_value(method).ok()).unwrap_or(AuthenticationMethod::None)
    }
}

/// The response, with the metadata as registered (RFC 7591 §3.2.1).
#[derive(Debug, Serialize)]
pub struct RegistrationResponse {
    client_id: ClientId,
    client_id_issued_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// The time at which the server forgets the client unless it is used before; use extends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_expires_at: Option<i64>,
    client_name: String,
    redirect_uris: Vec<RedirectUri>,
    token_endpoint_auth_method: AuthenticationMethod,
    grant_types: &'static [&'static str],
    response_types: &'static [&'static str],
    scope: Scopes,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_type: Option<String>,
}

/// Validates a registration request and creates the client. The first part of the entropy supplies the 60 random bits of
/// the client id, the second the secret of a confidential client.
///
/// # Errors
/// `invalid_client_metadata` if the body is not a JSON object, if a deciding member has the wrong type;
/// `invalid_redirect_uri` if no redirect URI is usable.
pub fn register(
    body: &[u8],
    entropy: (u64, Entropy),
    now: Timestamp,
) -> Result<(Client, RegistrationResponse), OAuthError> {
    let request = RegistrationRequest::read(body)?;
    let redirect_uris = request.usable_redirect_uris()?;
    let own_name = request.client_name.as_deref().and_then(shown_name);
    let client_name = own_name.or_else(|| shown_name(&redirect_uris[0].host())).unwrap_or_default();
    let short_name = known_client::short_name_of_any(&client_name, &redirect_uris);
    let method = request.method();
    let secret = (method != AuthenticationMethod::None).then(|| ClientSecret::new(entropy.1));
    let grant_types = request.grant_types.unwrap_or_default();
    let client = Client {
        client_id: client_id(&short_name, entropy.0),
        short_name,
        client_name,
        redirect_uris,
        token_endpoint_auth_method: method,
        client_secret: secret.as_ref().map(ClientSecret::hash),
        must_ask_to_stay: leaves_out_refreshing(grant_types.iter().map(String::as_str)),
        created_at: now,
        // A client that obeys client_secret_expires_at registers again at that time although it is in use (SR-24), so the
        // secret must not expire within a day.
        expires_at: now + if secret.is_some() { USED_LIFETIME } else { UNUSED_LIFETIME },
    };
    let response = RegistrationResponse {
        client_id: client.client_id.clone(),
        client_id_issued_at: now.as_second(),
        client_secret_expires_at: secret.as_ref().map(|_| client.expires_at.as_second()),
        client_secret: secret.map(|secret| secret.expose().to_string()),
        client_name: client.client_name.clone(),
        redirect_uris: client.redirect_uris.clone(),
        token_endpoint_auth_method: method,
        grant_types: if client.must_ask_to_stay { &GRANT_TYPES[..1] } else { GRANT_TYPES },
        response_types: RESPONSE_TYPES,
        scope: client.requested_scopes(request.scope.as_deref()),
        application_type: request.application_type.filter(|kind| ["native", "web"].contains(&kind.as_str())),
    };
    Ok((client, response))
}

/// Returns a client id: the short name + `_` + 12 characters of base32, e.g. `claude_k3v5q2m7xnp4` (SD-04).
fn client_id(short_name: &ShortName, entropy: u64) -> ClientId {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let random: String = (0..12).map(|i| char::from(ALPHABET[(entropy >> (5 * i)) as usize % 32])).collect();
    format!("{short_name}_{random}").parse().expect("visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registered(body: &str) -> (Client, serde_json::Value) {
        let (client, response) = register(body.as_bytes(), (1 << 20, [7; 32]), Timestamp::UNIX_EPOCH).expect(body);
        (client, serde_json::to_value(response).expect("json"))
    }

    fn refusal(body: &str) -> ErrorCode {
        register(body.as_bytes(), (0, [7; 32]), Timestamp::UNIX_EPOCH).expect_err(body).code
    }

    /// SD-04
    #[test]
    fn client_id_begins_with_the_short_name() {
        let (client, _) =
            registered(r#"{"client_name":"Claude","redirect_uris":["https://claude.ai/api/mcp/auth_callback"]}"#);
        assert_eq!(client.short_name.as_str(), "claude");
        assert_eq!(client.client_id.as_str(), "claude_aaaabaaaaaaa");
        assert_eq!(client.expires_at, client.created_at + UNUSED_LIFETIME);
    }

    /// AS-05, SR-24
    #[test]
    fn only_a_confidential_client_gets_a_secret() {
        let (client, answer) =
            registered(r#"{"redirect_uris":["http://localhost/cb"],"token_endpoint_auth_method":"none"}"#);
        assert_eq!((client.client_secret, answer.get("client_secret")), (None, None));
        let (client, answer) = registered(
            r#"{"redirect_uris":["https://claude.ai/cb"],"token_endpoint_auth_method":"client_secret_post"}"#,
        );
        let secret: ClientSecret = answer["client_secret"].as_str().expect("a secret").parse().expect("well formed");
        assert_eq!(client.client_secret, Some(secret.hash()));
        assert_eq!(client.expires_at, client.created_at + USED_LIFETIME);
        assert_eq!(answer["client_secret_expires_at"], client.expires_at.as_second());
    }

    #[test]
    fn unsupported_method_is_registered_as_none() {
        let (_, answer) = registered(
            r#"{"redirect_uris":["https://chatgpt.com/cb"],"token_endpoint_auth_method":"private_key_jwt"}"#,
        );
        assert_eq!(answer["token_endpoint_auth_method"], "none");
    }

    /// AS-05
    #[test]
    fn unusable_redirect_uri_is_omitted_from_the_response() {
        let (_, answer) = registered(
            r#"{"redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","javascript:alert(1)",5,"http://localhost:1/cb"]}"#,
        );
        let expected = serde_json::json!(["cursor://anysphere.cursor-mcp/oauth/callback", "http://localhost:1/cb"]);
        assert_eq!(answer["redirect_uris"], expected);
    }

    #[test]
    fn malformed_optional_members_are_ignored() {
        let (client, answer) = registered(
            r#"{"redirect_uris":["http://localhost/cb"],"client_name":5,"scope":[],"application_type":"native","logo_uri":null,"x":{}}"#,
        );
        assert_eq!(client.client_name, "localhost");
        assert_eq!(answer["application_type"], "native");
    }

    /// SR-18
    #[test]
    fn response_tells_if_the_client_gets_refresh_tokens() {
        for (grant_types, registered_types, scope) in [
            (r#"["authorization_code"]"#, &GRANT_TYPES[..1], "memory:read memory:write"),
            (r#"["refresh_token","authorization_code"]"#, GRANT_TYPES, "memory:read memory:write offline_access"),
            ("null", GRANT_TYPES, "memory:read memory:write offline_access"),
        ] {
            let body = format!(r#"{{"redirect_uris":["http://localhost/cb"],"grant_types":{grant_types}}}"#);
            let (client, answer) = registered(&body);
            assert_eq!(client.must_ask_to_stay, registered_types.len() == 1, "{grant_types}");
            assert_eq!(answer["grant_types"], serde_json::json!(registered_types), "{grant_types}");
            assert_eq!(answer["scope"], scope, "{grant_types}");
        }
    }

    /// TO-04
    #[test]
    fn wrong_type_of_a_deciding_member_is_invalid() {
        let with =
            |member: &str, value: &str| format!(r#"{{"redirect_uris":["http://localhost/cb"],"{member}":{value}}}"#);
        for (member, wrong) in [
            ("token_endpoint_auth_method", vec!["5", "true", "[]", r#"["none"]"#, "{}"]),
            ("grant_types", vec!["5", r#""authorization_code""#, "{}", "[5]", r#"[["authorization_code"]]"#, "[null]"]),
            ("response_types", vec!["5", r#""code""#, "{}", "[5]"]),
        ] {
            for value in wrong {
                assert_eq!(refusal(&with(member, value)), ErrorCode::InvalidClientMetadata, "{member}: {value}");
            }
        }
        for (member, value) in [
            ("token_endpoint_auth_method", "null"),
            ("token_endpoint_auth_method", r#""tls_client_auth""#),
            ("token_endpoint_auth_method", r#""""#),
            ("grant_types", "null"),
            ("grant_types", "[]"),
            ("grant_types", r#"["urn:ietf:params:oauth:grant-type:device_code"]"#),
            ("response_types", r#"["code","token"]"#),
        ] {
            let (_, answer) = registered(&with(member, value));
            assert_eq!(answer["token_endpoint_auth_method"], "none", "{member}: {value}");
            assert_eq!(answer["grant_types"], serde_json::json!(GRANT_TYPES), "{member}: {value}");
        }
    }

    /// TO-03
    #[test]
    fn body_may_begin_with_a_byte_order_mark() {
        registered("\u{feff}{\"redirect_uris\":[\"http://localhost/cb\"]}");
    }

    #[test]
    fn redirect_uris_are_registered_as_sent() {
        let sent = serde_json::json!([
            "warp://mcp/oauth2callback",
            "https://EXAMPLE.org:443/a%2fb",
            "ms-msdt:/x",
            "jetbrains:/mcp"
        ]);
        let (client, answer) = registered(&serde_json::json!({"redirect_uris": sent}).to_string());
        assert_eq!(answer["redirect_uris"], serde_json::json!([sent[0], sent[1], sent[3]]));
        assert_eq!(client.redirect_uris[1].as_str(), sent[1]);
    }

    /// T-25
    #[test]
    fn long_name_is_truncated_without_control_characters() {
        let body = serde_json::json!({"redirect_uris": ["http://localhost/cb"], "client_name": format!("a\u{7}{}", "b".repeat(500))});
        let (client, _) = registered(&body.to_string());
        assert_eq!(client.client_name, format!("a{}", "b".repeat(39)));
        // A host may exceed the maximum length of a name.
        let host = ["c".repeat(60), "d".repeat(60), "example".into()].join(".");
        let body = serde_json::json!({"redirect_uris": [format!("https://{host}/cb")]});
        let (client, _) = registered(&body.to_string());
        assert_eq!(client.client_name, host[..40]);
    }

    /// T-01
    #[test]
    fn request_without_usable_redirect_uri_is_rejected() {
        assert_eq!(refusal(r#"{"redirect_uris":["javascript:alert(1)"]}"#), ErrorCode::InvalidRedirectUri);
        assert_eq!(refusal(r#"{"redirect_uris":[]}"#), ErrorCode::InvalidRedirectUri);
        assert_eq!(refusal(r#"{"redirect_uris":null}"#), ErrorCode::InvalidRedirectUri);
        assert_eq!(refusal(r#"{}"#), ErrorCode::InvalidRedirectUri);
        for body in ["", "[]", "null", "{", r#"{"redirect_uris":"x"}"#] {
            assert_eq!(refusal(body), ErrorCode::InvalidClientMetadata, "{body}");
        }
    }
}
