//! Dynamic Client Registration (RFC 7591).
//!
//! The specification of MCP deprecates it and most clients still need it, each with its own oddities. What is asked for
//! and can't be used is left out or replaced, as RFC 7591 §3.2.1 allows, and the answer says what was registered; only
//! a registration with no usable redirect URI is refused (AS-05).

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};

use crate::{
    client::{AuthenticationMethod, Client, ClientId, ShortName, UNUSED_LIFETIME},
    error::{ErrorCode, OAuthError},
    metadata::{GRANT_TYPES, RESPONSE_TYPES},
    redirect_uri::RedirectUri,
    scope::Scopes,
    secret::{ClientSecret, Entropy},
};

/// The longest name that is kept. A longer one is cut: it is for people to read.
const NAME_CHARACTERS: usize = 80;
/// More redirect URIs than any client has.
pub(crate) const REDIRECT_URIS: usize = 32;

/// The members of a registration request that mean something here (RFC 7591 §2). An optional member of the wrong type
/// is taken for absent.
#[derive(Debug, Deserialize)]
pub struct RegistrationRequest {
    #[serde(default)]
    redirect_uris: Vec<serde_json::Value>,
    #[serde(default, deserialize_with = "or_absent")]
    client_name: Option<String>,
    #[serde(default, deserialize_with = "or_absent")]
    token_endpoint_auth_method: Option<AuthenticationMethod>,
    #[serde(default, deserialize_with = "or_absent")]
    scope: Option<String>,
    #[serde(default, deserialize_with = "or_absent")]
    application_type: Option<String>,
}

fn or_absent<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

/// The answer (RFC 7591 §3.2.1): the metadata as registered.
#[derive(Debug, Serialize)]
pub struct RegistrationResponse {
    client_id: ClientId,
    client_id_issued_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
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

/// Decides what is registered. The client id ends in 60 of the random bits, the secret, if there is one, is the rest.
///
/// # Errors
/// `invalid_client_metadata` for a body that is no JSON object, `invalid_redirect_uri` when no redirect URI can be used.
pub fn register(
    body: &[u8],
    entropy: (u64, Entropy),
    now: Timestamp,
) -> Result<(Client, RegistrationResponse), OAuthError> {
    // Through a map, since serde would take an array of the right length for the struct.
    let request: RegistrationRequest = serde_json::from_slice::<serde_json::Map<_, _>>(body)
        .and_then(|members| serde_json::from_value(members.into()))
        .map_err(|_| {
            OAuthError::new(ErrorCode::InvalidClientMetadata, "The body is not a JSON object with redirect_uris.")
        })?;
    let redirect_uris: Vec<RedirectUri> =
        request.redirect_uris.iter().take(REDIRECT_URIS).filter_map(|uri| uri.as_str()?.parse().ok()).collect();
    if redirect_uris.is_empty() {
        return Err(OAuthError::new(
            ErrorCode::InvalidRedirectUri,
            "None of the redirect_uris can be used: https, http on localhost, or an app's own scheme.",
        ));
    }
    let own_name = request.client_name.as_deref().and_then(shown_name);
    let client_name = own_name.or_else(|| shown_name(&redirect_uris[0].host())).unwrap_or_default();
    let short_name = ShortName::of(&client_name);
    // RFC 7591 §2 takes a missing method for client_secret_basic. Clients that leave it out never send a secret, so
    // they are registered as what they are, and told so.
    let method = request.token_endpoint_auth_method.unwrap_or(AuthenticationMethod::None);
    let secret = (method != AuthenticationMethod::None).then(|| ClientSecret::new(entropy.1));
    let client = Client {
        client_id: client_id(&short_name, entropy.0),
        short_name,
        client_name,
        redirect_uris,
        token_endpoint_auth_method: method,
        client_secret: secret.as_ref().map(ClientSecret::hash),
        created_at: now,
        expires_at: now + UNUSED_LIFETIME,
    };
    let response = RegistrationResponse {
        client_id: client.client_id.clone(),
        client_id_issued_at: now.as_second(),
        client_secret_expires_at: secret.as_ref().map(|_| 0),
        client_secret: secret.map(|secret| secret.expose().to_string()),
        client_name: client.client_name.clone(),
        redirect_uris: client.redirect_uris.clone(),
        token_endpoint_auth_method: method,
        grant_types: &GRANT_TYPES,
        response_types: &RESPONSE_TYPES,
        scope: request.scope.and_then(|scope| scope.parse().ok()).unwrap_or_else(Scopes::all),
        application_type: request.application_type.filter(|kind| ["native", "web"].contains(&kind.as_str())),
    };
    Ok((client, response))
}

/// The name a client gives itself, as people are shown it (T-25); none if there is nothing to show.
pub(crate) fn shown_name(name: &str) -> Option<String> {
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    let name: String = name.trim().chars().take(NAME_CHARACTERS).collect();
    (!name.is_empty()).then_some(name)
}

/// `claude_` and twelve characters of base32 (SD-04).
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

    #[test]
    fn a_client_is_named_after_itself_sd04() {
        let (client, _) =
            registered(r#"{"client_name":"Claude","redirect_uris":["https://claude.ai/api/mcp/auth_callback"]}"#);
        assert_eq!(client.short_name.as_str(), "claude");
        assert_eq!(client.client_id.as_str(), "claude_aaaabaaaaaaa");
        assert_eq!(client.expires_at, client.created_at + UNUSED_LIFETIME);
    }

    #[test]
    fn a_public_client_gets_no_secret_and_a_confidential_one_does_as05() {
        let (client, answer) =
            registered(r#"{"redirect_uris":["http://localhost/cb"],"token_endpoint_auth_method":"none"}"#);
        assert_eq!((client.client_secret, answer.get("client_secret")), (None, None));
        let (client, answer) = registered(
            r#"{"redirect_uris":["https://claude.ai/cb"],"token_endpoint_auth_method":"client_secret_post"}"#,
        );
        let secret: ClientSecret = answer["client_secret"].as_str().expect("a secret").parse().expect("well formed");
        assert_eq!(client.client_secret, Some(secret.hash()));
        assert_eq!(answer["client_secret_expires_at"], 0);
    }

    #[test]
    fn a_method_we_do_not_have_becomes_none_and_the_answer_says_so() {
        let (_, answer) = registered(
            r#"{"redirect_uris":["https://chatgpt.com/cb"],"token_endpoint_auth_method":"private_key_jwt"}"#,
        );
        assert_eq!(answer["token_endpoint_auth_method"], "none");
    }

    #[test]
    fn one_odd_redirect_uri_is_left_out_and_the_answer_shows_it_as05() {
        let (_, answer) = registered(
            r#"{"redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","javascript:alert(1)",5,"http://localhost:1/cb"]}"#,
        );
        let expected = serde_json::json!(["cursor://anysphere.cursor-mcp/oauth/callback", "http://localhost:1/cb"]);
        assert_eq!(answer["redirect_uris"], expected);
    }

    #[test]
    fn odd_optional_members_do_not_fail_a_registration() {
        let (client, answer) = registered(
            r#"{"redirect_uris":["http://localhost/cb"],"client_name":5,"scope":[],"application_type":"native","logo_uri":null,"x":{}}"#,
        );
        assert_eq!(client.client_name, "localhost");
        assert_eq!(answer["application_type"], "native");
    }

    #[test]
    fn a_long_name_is_cut_and_loses_its_control_characters_t25() {
        let body = serde_json::json!({"redirect_uris": ["http://localhost/cb"], "client_name": format!("a\u{7}{}", "b".repeat(500))});
        let (client, _) = registered(&body.to_string());
        assert_eq!(client.client_name, format!("a{}", "b".repeat(79)));
        // A host may be longer than a name.
        let host = ["c".repeat(60), "d".repeat(60), "example".into()].join(".");
        let body = serde_json::json!({"redirect_uris": [format!("https://{host}/cb")]});
        let (client, _) = registered(&body.to_string());
        assert_eq!(client.client_name, host[..80]);
    }

    #[test]
    fn what_can_never_get_an_answer_is_refused_t01() {
        assert_eq!(refusal(r#"{"redirect_uris":["javascript:alert(1)"]}"#), ErrorCode::InvalidRedirectUri);
        assert_eq!(refusal(r#"{"redirect_uris":[]}"#), ErrorCode::InvalidRedirectUri);
        assert_eq!(refusal(r#"{}"#), ErrorCode::InvalidRedirectUri);
        for body in ["", "[]", "null", "{", r#"{"redirect_uris":"x"}"#] {
            assert_eq!(refusal(body), ErrorCode::InvalidClientMetadata, "{body}");
        }
    }
}
