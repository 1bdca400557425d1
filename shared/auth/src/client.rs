//! OAuth clients: the assistants that connect to a user's memory.

use std::ops::Deref;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    error::{ErrorCode, OAuthError},
    redirect_uri::RedirectUri,
    scope::{Scope, Scopes},
    secret::{ClientSecret, SecretHash},
    text::text_type,
};

/// Lifetime of an unused registration (AS-05).
pub const UNUSED_LIFETIME: SignedDuration = SignedDuration::from_hours(24);
/// Minimum lifetime of a registration after its last use (AS-05).
pub const USED_LIFETIME: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Granularity of the recorded last use: a busy client costs one write a day.
const USE_IS_NOTED_EVERY: SignedDuration = SignedDuration::from_hours(24);

text_type! {
    /// A client id: `claude_abc123` for a registered client (SD-04), or the URL of a client metadata document.
    ClientId, "a client id has 1 to 512 visible ASCII characters", |text| {
        (1..=512).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
    }
}

text_type! {
    /// A short client name for display and the `client` claim, e.g. `claude`.
    ShortName, "a short name has 1 to 32 lower-case letters, digits or '-'", |text| {
        (1..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }
}

impl ShortName {
    /// The short name of a client whose name has no Latin letter or digit.
    pub(crate) const UNNAMED: &str = "app";

    /// Derives a short name from the name that a client or a file claims. It proves nothing:
    /// [`known_client::short_name`](crate::known_client::short_name) decides if a client may bear it.
    pub fn of(claimed_name: &str) -> Self {
        let lower = claimed_name.to_lowercase();
        let words: Vec<_> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let mut name = words.join("-");
        name.truncate(24);
        let name = name.trim_end_matches('-');
        Self(if name.is_empty() { Self::UNNAMED } else { name }.into())
    }
}

/// The authentication method of a client at the token endpoint (RFC 7591 §2, `token_endpoint_auth_method`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthenticationMethod {
    /// A public client, which proves possession by PKCE only.
    None,
    /// The secret in the request body.
    ClientSecretPost,
    /// The secret in the `Authorization` header.
    ClientSecretBasic,
}

/// A client, registered or described by its metadata document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Its id.
    pub client_id: ClientId,
    /// Its short name.
    pub short_name: ShortName,
    /// The name it gives itself. Untrusted.
    pub client_name: String,
    /// Its redirect URIs.
    pub redirect_uris: Vec<RedirectUri>,
    /// Its authentication method.
    pub token_endpoint_auth_method: AuthenticationMethod,
    /// The hash of its secret, if it is confidential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<SecretHash>,
    /// `true` if its metadata lists `grant_types` without `refresh_token`: it gets refresh tokens only if it requests
    /// `offline_access` (SR-18). Other clients need them without asking, among them TypeScript SDK 1.x.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub must_ask_to_stay: bool,
    /// The time of registration, or of the first fetch of its document.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    /// The time at which it is deleted unless it is used before.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
}

/// `true` if the `grant_types` of a client's metadata leave out `refresh_token` on purpose. RFC 7591 §2 reads missing
/// `grant_types` in the same way, but clients that omit them expect refresh tokens.
pub(crate) fn leaves_out_refreshing<'a>(grant_types: impl Iterator<Item = &'a str> + Clone) -> bool {
    grant_types.clone().any(|kind| kind == "authorization_code")
        && !grant_types.clone().any(|kind| kind == "refresh_token")
}

/// The error for a client that is not registered, or no longer is: it has to register again (AS-12).
pub const UNKNOWN_CLIENT: OAuthError =
    OAuthError::new(ErrorCode::InvalidClient, "Client authentication failed. Register the client again.");

/// The error for missing, malformed and wrong credentials of a client. Another registration would not mend them.
pub const CLIENT_AUTH_FAILED: OAuthError =
    OAuthError::new(ErrorCode::InvalidClient, "Client authentication failed. Check the client's credentials.");

/// An authenticated client (OAuth 2.1 §2.4). [`Client::authenticate`] is the only constructor, so codes and refresh tokens cannot
/// be redeemed without authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticatedClient(Client);

impl Deref for AuthenticatedClient {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.0
    }
}

impl Client {
    /// The scopes that an authorization request of this client asks for: the default if its `scope` is absent or names only
    /// unknown ones, such as `openid profile`. RFC 6749 §3.3 lets a server ignore it, and the user sees the scopes before they
    /// are granted. The default has `offline_access` only if the client need not ask for it.
    pub fn requested_scopes(&self, scope: Option<&str>) -> Scopes {
        match scope.and_then(|scope| scope.parse::<Scopes>().ok()) {
            Some(scopes) => scopes.of_some_use(),
            None if self.must_ask_to_stay => Scopes::of_the_resource(),
            None => Scopes::all(),
        }
    }

    /// `true` if a grant of these scopes has refresh tokens. Without them the connection ends with its access token.
    pub fn stays_connected(&self, granted: &Scopes) -> bool {
        !self.must_ask_to_stay || granted.allows(Scope::OfflineAccess)
    }

    /// Authenticates the client. A confidential client may present its secret in the header or in the body, whichever it
    /// registered: client libraries differ, and both prove the same.
    ///
    /// # Errors
    /// [`CLIENT_AUTH_FAILED`]
    pub fn authenticate(self, shown: Option<&ClientSecret>) -> Result<AuthenticatedClient, OAuthError> {
        match &self.client_secret {
            Some(hash) if shown.is_none_or(|secret| secret.hash() != *hash) => Err(CLIENT_AUTH_FAILED),
            _ => Ok(AuthenticatedClient(self)),
        }
    }

    /// The new expiry if the client is used at `now`, or `None` if the recorded one is recent enough. `sliding` is the
    /// lifetime of an unused grant, which its client must outlive: without it the grant cannot be refreshed.
    pub fn expiry_after_use(&self, now: Timestamp, sliding: SignedDuration) -> Option<Timestamp> {
        // A use that is not recorded is up to a day later than the recorded one.
        let expiry = now + USED_LIFETIME.max(sliding) + USE_IS_NOTED_EVERY;
        (expiry.duration_since(self.expires_at) > USE_IS_NOTED_EVERY).then_some(expiry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn client(client_secret: Option<SecretHash>, expires_at: Timestamp) -> Client {
        let token_endpoint_auth_method = AuthenticationMethod::ClientSecretPost;
        Client { token_endpoint_auth_method, client_secret, expires_at, ..testing::client("claude_abc123") }
    }

    #[test]
    fn confidential_client_needs_its_secret() {
        let [right, wrong] = [1, 2].map(|byte| ClientSecret::new([byte; 32]));
        let confidential = client(Some(right.hash()), Timestamp::UNIX_EPOCH);
        assert!(confidential.clone().authenticate(Some(&right)).is_ok());
        for shown in [Some(&wrong), None] {
            assert_eq!(confidential.clone().authenticate(shown).expect_err("refused"), CLIENT_AUTH_FAILED);
        }
        let public = client(None, Timestamp::UNIX_EPOCH);
        assert!(public.clone().authenticate(None).is_ok());
        assert!(public.authenticate(Some(&wrong)).is_ok());
    }

    /// SR-18
    #[test]
    fn client_without_the_refresh_grant_has_to_ask_to_stay() {
        for (grant_types, must_ask) in [
            (vec!["authorization_code"], true),
            (vec!["authorization_code", "client_credentials"], true),
            (vec!["authorization_code", "refresh_token"], false),
            (vec!["urn:ietf:params:oauth:grant-type:device_code"], false),
            (vec![], false),
        ] {
            assert_eq!(leaves_out_refreshing(grant_types.iter().copied()), must_ask, "{grant_types:?}");
        }
        let usual = client(None, Timestamp::UNIX_EPOCH);
        let asking = Client { must_ask_to_stay: true, ..usual.clone() };
        for (scope, stays) in [
            (None, false),
            (Some("openid"), false),
            (Some("memory:read"), false),
            (Some("memory:write offline_access"), true),
            (Some("openid offline_access"), true),
        ] {
            assert_eq!(asking.stays_connected(&asking.requested_scopes(scope)), stays, "{scope:?}");
            assert!(usual.stays_connected(&usual.requested_scopes(scope)), "{scope:?}");
        }
        assert_eq!(asking.requested_scopes(None), Scopes::of_the_resource());
        for client in [&asking, &usual] {
            assert_eq!(client.requested_scopes(Some("openid offline_access")), Scopes::all(), "TO-04");
        }
        let stored = serde_json::to_string(&usual).expect("JSON");
        assert!(!stored.contains("must_ask_to_stay"), "{stored}");
        assert_eq!(serde_json::from_str::<Client>(&stored).expect("readable"), usual);
    }

    /// AS-05
    #[test]
    fn use_is_recorded_once_a_day() {
        let days = |days: i64| SignedDuration::from_hours(24 * days);
        let used_at = Timestamp::UNIX_EPOCH;
        let never_used = client(None, used_at + UNUSED_LIFETIME);
        assert_eq!(never_used.expires_at, used_at + days(1));
        assert_eq!(never_used.expiry_after_use(used_at, days(30)), Some(used_at + days(91)));
        let used = client(None, used_at + days(91));
        assert_eq!(used.expiry_after_use(used_at + days(1), days(30)), None);
        let later = used_at + days(1) + SignedDuration::from_secs(1);
        assert_eq!(used.expiry_after_use(later, days(30)), Some(later + days(91)));
    }

    /// AS-05, AS-11
    #[test]
    fn client_outlives_its_grants() {
        let sliding = SignedDuration::from_hours(24 * 365);
        let used_at = Timestamp::UNIX_EPOCH;
        let expiry = client(None, used_at + UNUSED_LIFETIME).expiry_after_use(used_at, sliding).expect("is recorded");
        // The last use that is not recorded.
        let last = used_at + USE_IS_NOTED_EVERY;
        assert_eq!(client(None, expiry).expiry_after_use(last, sliding), None);
        assert!(expiry >= last + sliding);
    }

    /// SD-04
    #[test]
    fn short_name_has_the_words_of_the_claimed_name() {
        for (name, short) in [
            ("Claudette", "claudette"),
            ("ChatGPT", "chatgpt"),
            ("MCP Inspector", "mcp-inspector"),
            ("  Größe & Co.  ", "gr-e-co"),
            ("a very long name of a client, longer than that", "a-very-long-name-of-a-cl"),
            ("日本", "app"),
            ("", "app"),
        ] {
            let made = ShortName::of(name);
            assert_eq!(made.as_str(), short);
            assert!(short.parse::<ShortName>().is_ok());
        }
    }
}
