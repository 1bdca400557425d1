//! Parsing and cache lifetime of client ID metadata documents.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    client::{AuthenticationMethod, Client, UNUSED_LIFETIME, leaves_out_refreshing},
    client_metadata::{DocumentUrl, LONGEST_LIFETIME},
    shown_name::shown_name,
};

/// The maximum number of redirect URIs in a document. Further ones are ignored.
const REDIRECT_URIS: usize = 32;

/// A client as described by its document, with the cache lifetime of the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// The client.
    #[serde(flatten)]
    pub client: Client,
    /// The time of the fetch.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub fetched_at: Timestamp,
    /// The time at which the document must be fetched again.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub fresh_until: Timestamp,
}

/// The reason why a document is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDocument {
    /// It cannot be parsed.
    #[error("not a JSON object")]
    NotAnObject,
    /// `client_id` is missing or another URL.
    #[error("client_id is not the URL of the document")]
    OtherClientId,
    /// `client_name` is missing or empty.
    #[error("missing client_name")]
    NoName,
    /// No redirect URI is acceptable.
    #[error("no usable redirect_uri")]
    NoRedirectUri,
    /// It publishes a secret, which therefore proves nothing (draft §4).
    #[error("client_secret in a public document")]
    Secret,
    /// It requires an authentication method that this server does not support.
    #[error("unsupported token_endpoint_auth_method (only none is allowed)")]
    AuthenticationMethod,
}

/// The members that this server uses (RFC 7591 §2).
#[derive(Deserialize)]
struct Document {
    client_id: Option<serde_json::Value>,
    client_name: Option<serde_json::Value>,
    redirect_uris: Option<serde_json::Value>,
    grant_types: Option<serde_json::Value>,
    token_endpoint_auth_method: Option<serde_json::Value>,
    token_endpoint_auth_methods_supported: Option<serde_json::Value>,
    client_secret: Option<serde_json::Value>,
}

impl Description {
    /// Parses the document at `url`, which is fresh for `lifetime`.
    ///
    /// # Errors
    /// [`InvalidDocument`] if the document does not describe the client `url`.
    pub fn read(
        body: &[u8],
        url: &DocumentUrl,
        lifetime: SignedDuration,
        now: Timestamp,
    ) -> Result<Self, InvalidDocument> {
        // Parsed through a map, since serde would accept an array in place of the struct.
        let document: Document = serde_json::from_slice::<serde_json::Map<_, _>>(body)
            .and_then(|members| serde_json::from_value(members.into()))
            .map_err(|_| InvalidDocument::NotAnObject)?;
        // Compared byte for byte: an attacker who can place a file on a server does not become another client (draft §4).
        let client_id = document.client_id.as_ref().and_then(|id| id.as_str()).filter(|id| *id == url.as_str());
        let client_id = client_id.and_then(|id| id.parse().ok()).ok_or(InvalidDocument::OtherClientId)?;
        if document.client_secret.is_some() {
            return Err(InvalidDocument::Secret);
        }
        if !document.goes_without_authentication() {
            return Err(InvalidDocument::AuthenticationMethod);
        }
        let claimed = document.client_name.as_ref().and_then(|name| name.as_str()).filter(|name| !name.is_empty());
        // The host is the name of a client whose own is invisible (TO-05).
        let client_name = claimed.and_then(|name| shown_name(name).or_else(|| shown_name(url.host())));
        let uris = document.redirect_uris.as_ref().and_then(|uris| uris.as_array()).map_or(&[][..], Vec::as_slice);
        let redirect_uris: Vec<_> =
            uris.iter().take(REDIRECT_URIS).filter_map(|uri| uri.as_str()?.parse().ok()).collect();
        if redirect_uris.is_empty() {
            return Err(InvalidDocument::NoRedirectUri);
        }
        let grant_types =
            document.grant_types.as_ref().and_then(|types| types.as_array()).map_or(&[][..], Vec::as_slice);
        let client = Client {
            client_id,
            short_name: url.short_name(),
            client_name: client_name.ok_or(InvalidDocument::NoName)?,
            redirect_uris,
            token_endpoint_auth_method: AuthenticationMethod::None,
            client_secret: None,
            must_ask_to_stay: leaves_out_refreshing(grant_types.iter().filter_map(|kind| kind.as_str())),
            created_at: now,
            expires_at: now + UNUSED_LIFETIME,
        };
        Ok(Self { client, fetched_at: now, fresh_until: now + lifetime })
    }

    /// `true` if the cached copy needs no fetch.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.fresh_until
    }

    /// `true` if the cached copy may be used while its document cannot be fetched, at most for the longest lifetime (AS-04).
    pub fn stands_in(&self, now: Timestamp) -> bool {
        now.duration_since(self.fetched_at) <= LONGEST_LIFETIME
    }

    /// Replaces an older description. A client in use keeps its expiry.
    pub fn succeeding(mut self, kept: Option<&Self>) -> Self {
        if let Some(kept) = kept {
            self.client.created_at = kept.client.created_at;
            self.client.expires_at = self.client.expires_at.max(kept.client.expires_at);
        }
        self
    }
}

impl Document {
    /// A client without a method is public, as in registration. One that prefers `private_key_jwt` is accepted if its list of
    /// methods contains `none`.
    fn goes_without_authentication(&self) -> bool {
        let is_none = |method: &serde_json::Value| method == "none";
        let listed = self.token_endpoint_auth_methods_supported.as_ref().and_then(|methods| methods.as_array());
        self.token_endpoint_auth_method.as_ref().is_none_or(is_none)
            || listed.is_some_and(|methods| methods.iter().any(is_none))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const URL: &str = "https://claude.ai/oauth/claude-code-client-metadata";

    fn document() -> Value {
        json!({
            "client_id": URL,
            "client_name": "Claude Code",
            "client_uri": "https://claude.ai",
            "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        })
    }

    fn with(changes: Value) -> Value {
        let mut document = document();
        let members = document.as_object_mut().expect("an object");
        for (name, value) in changes.as_object().expect("an object") {
            if value == "absent" {
                members.remove(name)
            } else {
                members.insert(name.clone(), value.clone())
            };
        }
        document
    }

    fn read(body: &[u8]) -> Result<Description, InvalidDocument> {
        Description::read(body, &URL.parse().expect("valid"), SignedDuration::from_hours(1), Timestamp::UNIX_EPOCH)
    }

    fn read_with(changes: Value) -> Result<Description, InvalidDocument> {
        read(with(changes).to_string().as_bytes())
    }

    /// AS-04
    #[test]
    fn document_describes_a_public_client() {
        let Description { client, .. } = read_with(json!({})).expect("good");
        assert_eq!(client.client_id.as_str(), URL);
        assert_eq!((client.short_name.as_str(), client.client_name.as_str()), ("claude", "Claude Code"));
        let uris: Vec<_> = client.redirect_uris.iter().map(|uri| uri.as_str()).collect();
        assert_eq!(uris, ["http://localhost/callback", "http://127.0.0.1/callback"]);
        assert!(client.clone().authenticate(None).is_ok());
        // Expires like an unused registration until it is used.
        assert_eq!(client.expires_at, client.created_at + UNUSED_LIFETIME);
    }

    /// AS-04
    #[test]
    fn client_id_equals_the_url_byte_for_byte() {
        for other in [
            json!("https://claude.ai/oauth/claude-code-client-metadata/"),
            json!("https://claude.ai/oauth/claude-code-client-metadata?"),
            json!("HTTPS://claude.ai/oauth/claude-code-client-metadata"),
            json!("https://claude.ai/oauth/other"),
            json!([URL]),
            json!(null),
            json!("absent"),
        ] {
            let refused = read_with(json!({"client_id": other})).expect_err("refused");
            assert_eq!(refused, InvalidDocument::OtherClientId, "{other}");
        }
    }

    /// AS-04
    #[test]
    fn client_that_lists_none_is_public() {
        let both = json!(["none", "private_key_jwt"]);
        for (method, methods, accepted) in [
            (json!("none"), json!("absent"), true),
            (json!("absent"), json!("absent"), true),
            (json!("private_key_jwt"), both.clone(), true),
            (json!("private_key_jwt"), json!("absent"), false),
            (json!("private_key_jwt"), json!(["private_key_jwt"]), false),
            (json!("private_key_jwt"), json!("none"), false),
            (json!("client_secret_post"), json!("absent"), false),
            (json!("client_secret_basic"), json!("absent"), false),
        ] {
            let read = read_with(json!({
                "token_endpoint_auth_method": method,
                "token_endpoint_auth_methods_supported": methods,
            }));
            assert_eq!(read.is_ok(), accepted, "{method} {methods}");
        }
        assert_eq!(read_with(json!({"client_secret": "x"})), Err(InvalidDocument::Secret));
    }

    /// SR-18
    #[test]
    fn document_without_the_refresh_grant_has_to_ask_to_stay() {
        for (grant_types, must_ask) in [
            (json!(["authorization_code", "refresh_token"]), false),
            (json!(["authorization_code"]), true),
            (json!(null), false),
            (json!("authorization_code"), false),
        ] {
            let read = read_with(json!({ "grant_types": grant_types })).expect("usable");
            assert_eq!(read.client.must_ask_to_stay, must_ask, "{grant_types}");
        }
    }

    /// AS-05
    #[test]
    fn unusable_redirect_uris_are_dropped() {
        let uris = json!(["javascript:alert(1)", 5, "https://claude.ai/cb"]);
        assert_eq!(read_with(json!({"redirect_uris": uris})).expect("good").client.redirect_uris.len(), 1);
        for uris in [json!([]), json!(["javascript:alert(1)"]), json!("https://claude.ai/cb"), json!("absent")] {
            assert_eq!(read_with(json!({"redirect_uris": uris})), Err(InvalidDocument::NoRedirectUri), "{uris}");
        }
    }

    /// AS-04, T-25
    #[test]
    fn name_is_required_and_truncated() {
        for name in [json!("absent"), json!(""), json!(5), json!(null)] {
            assert_eq!(read_with(json!({"client_name": name})), Err(InvalidDocument::NoName), "{name}");
        }
        let invisible = read_with(json!({"client_name": " \u{200b}\u{7} "})).expect("good").client;
        assert_eq!(invisible.client_name, "claude.ai");
        let long = read_with(json!({"client_name": format!("a\u{7}{}", "b".repeat(500))})).expect("good");
        assert_eq!(long.client.client_name, format!("a{}", "b".repeat(39)));
    }

    /// T-13
    #[test]
    fn non_object_is_rejected() {
        for body in ["", "[]", "null", "{", "\"x\"", "<html></html>", "[1,2,3,4,5,6]"] {
            assert_eq!(read(body.as_bytes()), Err(InvalidDocument::NotAnObject), "{body}");
        }
        assert_eq!(read("[".repeat(5000).as_bytes()), Err(InvalidDocument::NotAnObject));
    }

    /// AS-04
    #[test]
    fn copy_is_fresh_for_its_lifetime_and_usable_for_a_day() {
        let description = read_with(json!({})).expect("good");
        let after = |duration| Timestamp::UNIX_EPOCH + duration;
        assert!(description.is_fresh(after(SignedDuration::from_mins(59))));
        assert!(!description.is_fresh(after(SignedDuration::from_mins(60))));
        assert!(description.stands_in(after(SignedDuration::from_hours(24))));
        assert!(!description.stands_in(after(SignedDuration::from_secs(24 * 3600 + 1))));
    }
}
