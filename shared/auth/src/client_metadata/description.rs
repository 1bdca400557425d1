//! What a document says, and how long it is taken for true.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    client::{AuthenticationMethod, Client, UNUSED_LIFETIME},
    client_metadata::{DocumentUrl, LONGEST_LIFETIME},
    registration::{REDIRECT_URIS, shown_name},
};

/// A client as its document describes it, and since when. The store keeps it as it keeps one that registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// The client.
    #[serde(flatten)]
    pub client: Client,
    /// When its document was read.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub fetched_at: Timestamp,
    /// When its document is to be read again.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub fresh_until: Timestamp,
}

/// Why a document does not describe the client it was fetched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDocument {
    /// It can't be read.
    #[error("it is not a JSON object")]
    NotAnObject,
    /// `client_id` is another, or none.
    #[error("its client_id is not the URL it was fetched from")]
    OtherClientId,
    /// `client_name` is missing or empty.
    #[error("it has no client_name")]
    NoName,
    /// `redirect_uris` has none that can be used.
    #[error("none of its redirect_uris can be used")]
    NoRedirectUri,
    /// A secret that everybody can read proves nothing (draft §4).
    #[error("it has a client_secret")]
    Secret,
    /// It can prove itself only in a way that is not known here.
    #[error("it wants to authenticate, and not with none")]
    AuthenticationMethod,
}

/// The members that mean something here (RFC 7591 §2).
#[derive(Deserialize)]
struct Document {
    client_id: Option<serde_json::Value>,
    client_name: Option<serde_json::Value>,
    redirect_uris: Option<serde_json::Value>,
    token_endpoint_auth_method: Option<serde_json::Value>,
    token_endpoint_auth_methods_supported: Option<serde_json::Value>,
    client_secret: Option<serde_json::Value>,
}

impl Description {
    /// Reads the document that was found at `url`, and is fresh for `lifetime`.
    ///
    /// # Errors
    /// [`InvalidDocument`].
    pub fn read(
        body: &[u8],
        url: &DocumentUrl,
        lifetime: SignedDuration,
        now: Timestamp,
    ) -> Result<Self, InvalidDocument> {
        // Through a map, since serde would take an array of the right length for the struct.
        let document: Document = serde_json::from_slice::<serde_json::Map<_, _>>(body)
            .and_then(|members| serde_json::from_value(members.into()))
            .map_err(|_| InvalidDocument::NotAnObject)?;
        // Byte for byte: whoever may put a file on a server does not become a client of another name (draft §4).
        let client_id = document.client_id.as_ref().and_then(|id| id.as_str()).filter(|id| *id == url.as_str());
        let client_id = client_id.and_then(|id| id.parse().ok()).ok_or(InvalidDocument::OtherClientId)?;
        if document.client_secret.is_some() {
            return Err(InvalidDocument::Secret);
        }
        if !document.goes_without_authentication() {
            return Err(InvalidDocument::AuthenticationMethod);
        }
        let client_name = document.client_name.as_ref().and_then(|name| name.as_str()).and_then(shown_name);
        let uris = document.redirect_uris.as_ref().and_then(|uris| uris.as_array()).map_or(&[][..], Vec::as_slice);
        let redirect_uris: Vec<_> =
            uris.iter().take(REDIRECT_URIS).filter_map(|uri| uri.as_str()?.parse().ok()).collect();
        if redirect_uris.is_empty() {
            return Err(InvalidDocument::NoRedirectUri);
        }
        let client = Client {
            client_id,
            short_name: url.short_name(),
            client_name: client_name.ok_or(InvalidDocument::NoName)?,
            redirect_uris,
            token_endpoint_auth_method: AuthenticationMethod::None,
            client_secret: None,
            created_at: now,
            expires_at: now + UNUSED_LIFETIME,
        };
        Ok(Self { client, fetched_at: now, fresh_until: now + lifetime })
    }

    /// Whether it can be taken for true without asking again.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.fresh_until
    }

    /// Whether it does while its document can't be reached: nothing is believed for longer than the longest lifetime
    /// (AS-04).
    pub fn stands_in(&self, now: Timestamp) -> bool {
        now.duration_since(self.fetched_at) <= LONGEST_LIFETIME
    }

    /// This description in the place of an older one: what is in use stays as long as it would have.
    pub fn succeeding(mut self, kept: Option<&Self>) -> Self {
        if let Some(kept) = kept {
            self.client.created_at = kept.client.created_at;
            self.client.expires_at = self.client.expires_at.max(kept.client.expires_at);
        }
        self
    }
}

impl Document {
    /// A client that says nothing is a public one, as in registration. One that prefers `private_key_jwt` and lists what
    /// else it can do does without it, where `none` is on its list.
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

    #[test]
    fn a_document_describes_a_public_client_as04() {
        let Description { client, .. } = read_with(json!({})).expect("good");
        assert_eq!(client.client_id.as_str(), URL);
        assert_eq!((client.short_name.as_str(), client.client_name.as_str()), ("claude", "Claude Code"));
        let uris: Vec<_> = client.redirect_uris.iter().map(|uri| uri.as_str()).collect();
        assert_eq!(uris, ["http://localhost/callback", "http://127.0.0.1/callback"]);
        assert_eq!(client.authenticate(None), Ok(()));
        // Like one that registered, until it is used.
        assert_eq!(client.expires_at, client.created_at + UNUSED_LIFETIME);
    }

    #[test]
    fn it_is_about_the_url_it_was_fetched_from_byte_for_byte_as04() {
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

    #[test]
    fn a_client_that_can_do_without_authentication_does_as04() {
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

    #[test]
    fn odd_redirect_uris_are_left_out_and_one_must_be_left_as05() {
        let uris = json!(["javascript:alert(1)", 5, "https://claude.ai/cb"]);
        assert_eq!(read_with(json!({"redirect_uris": uris})).expect("good").client.redirect_uris.len(), 1);
        for uris in [json!([]), json!(["javascript:alert(1)"]), json!("https://claude.ai/cb"), json!("absent")] {
            assert_eq!(read_with(json!({"redirect_uris": uris})), Err(InvalidDocument::NoRedirectUri), "{uris}");
        }
    }

    #[test]
    fn a_client_says_its_name_and_it_is_cut_as04_t25() {
        for name in [json!("absent"), json!(""), json!(" \u{7} "), json!(5), json!(null)] {
            assert_eq!(read_with(json!({"client_name": name})), Err(InvalidDocument::NoName), "{name}");
        }
        let long = read_with(json!({"client_name": format!("a\u{7}{}", "b".repeat(500))})).expect("good");
        assert_eq!(long.client.client_name, format!("a{}", "b".repeat(79)));
    }

    #[test]
    fn what_is_no_object_is_refused_t13() {
        for body in ["", "[]", "null", "{", "\"x\"", "<html></html>", "[1,2,3,4,5,6]"] {
            assert_eq!(read(body.as_bytes()), Err(InvalidDocument::NotAnObject), "{body}");
        }
        assert_eq!(read("[".repeat(5000).as_bytes()), Err(InvalidDocument::NotAnObject));
    }

    #[test]
    fn a_copy_is_fresh_for_its_lifetime_and_stands_in_for_a_day_as04() {
        let description = read_with(json!({})).expect("good");
        let after = |duration| Timestamp::UNIX_EPOCH + duration;
        assert!(description.is_fresh(after(SignedDuration::from_mins(59))));
        assert!(!description.is_fresh(after(SignedDuration::from_mins(60))));
        assert!(description.stands_in(after(SignedDuration::from_hours(24))));
        assert!(!description.stands_in(after(SignedDuration::from_secs(24 * 3600 + 1))));
    }
}
