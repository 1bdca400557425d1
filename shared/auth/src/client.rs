//! A client: the assistant that wants to reach a person's memory.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    error::{ErrorCode, OAuthError},
    redirect_uri::RedirectUri,
    secret::{ClientSecret, SecretHash},
    text::text_type,
};

/// How long a registration that was never used is kept (AS-05).
pub const UNUSED_LIFETIME: SignedDuration = SignedDuration::from_hours(24);
/// How long a registration is kept after it was last used (AS-05).
pub const USED_LIFETIME: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How stale the record of a use may be: a busy client costs one write a day.
const USE_IS_NOTED_EVERY: SignedDuration = SignedDuration::from_hours(24);

text_type! {
    /// Names a client: `claude_abc123` for one that registered (SD-04), the URL of its document for one that has one.
    ClientId, "a client id has 1 to 512 visible ASCII characters", |text| {
        (1..=512).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
    }
}

text_type! {
    /// What people call the client, as the token's `client` says it: `claude`.
    ShortName, "a short name has 1 to 32 lower-case letters, digits or '-'", |text| {
        (1..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }
}

impl ShortName {
    /// Makes the short name of a client out of the name it gives itself.
    pub fn of(client_name: &str) -> Self {
        const KNOWN: [(&str, &str); 4] = [
            ("visual-studio-code", "vscode"),
            ("claude-code", "claude-code"),
            ("claude", "claude"),
            ("claudeai", "claude"),
        ];
        let lower = client_name.to_lowercase();
        let words: Vec<_> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let mut name = words.join("-");
        let begins_with =
            |known: &str| name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
        if let Some((_, short)) = KNOWN.iter().find(|(known, _)| begins_with(known)) {
            return Self((*short).into());
        }
        name.truncate(24);
        let name = name.trim_end_matches('-');
        Self(if name.is_empty() { "app" } else { name }.into())
    }
}

/// How a client proves itself at the token endpoint (RFC 7591 §2, `token_endpoint_auth_method`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthenticationMethod {
    /// A public client: PKCE alone.
    None,
    /// The secret in the body.
    ClientSecretPost,
    /// The secret in the `Authorization` header.
    ClientSecretBasic,
}

/// A client, registered or described by its document, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Its id.
    pub client_id: ClientId,
    /// What the token calls it.
    pub short_name: ShortName,
    /// The name it gives itself, for people. Untrusted.
    pub client_name: String,
    /// Where answers may go.
    pub redirect_uris: Vec<RedirectUri>,
    /// How it proves itself.
    pub token_endpoint_auth_method: AuthenticationMethod,
    /// The hash of its secret, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<SecretHash>,
    /// When it registered, or its document was first read.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    /// When it is forgotten unless it is used before.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
}

impl Client {
    /// Checks what a client shows at the token endpoint. A confidential client may show its secret in the header or in
    /// the body, whichever it registered: libraries differ, and the proof is the same.
    ///
    /// # Errors
    /// `invalid_client`, with one sentence for every reason.
    pub fn authenticate(&self, shown: Option<&ClientSecret>) -> Result<(), OAuthError> {
        match &self.client_secret {
            None => Ok(()),
            Some(hash) if shown.is_some_and(|secret| secret.hash() == *hash) => Ok(()),
            Some(_) => Err(OAuthError::new(ErrorCode::InvalidClient, "The client did not prove itself.")),
        }
    }

    /// The expiry to write when the client is used now, if it is worth a write.
    pub fn expiry_after_use(&self, now: Timestamp) -> Option<Timestamp> {
        let expiry = now + USED_LIFETIME;
        (expiry.duration_since(self.expires_at) > USE_IS_NOTED_EVERY).then_some(expiry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(client_secret: Option<SecretHash>, expires_at: Timestamp) -> Client {
        Client {
            client_id: "claude_abc123".parse().expect("valid"),
            short_name: "claude".parse().expect("valid"),
            client_name: "Claude".into(),
            redirect_uris: vec!["https://claude.ai/cb".parse().expect("valid")],
            token_endpoint_auth_method: AuthenticationMethod::ClientSecretPost,
            client_secret,
            created_at: Timestamp::UNIX_EPOCH,
            expires_at,
        }
    }

    #[test]
    fn a_client_with_a_secret_shows_it_and_one_without_need_not() {
        let [right, wrong] = [1, 2].map(|byte| ClientSecret::new([byte; 32]));
        let confidential = client(Some(right.hash()), Timestamp::UNIX_EPOCH);
        assert_eq!(confidential.authenticate(Some(&right)), Ok(()));
        for shown in [Some(&wrong), None] {
            assert_eq!(confidential.authenticate(shown).expect_err("refused").code, ErrorCode::InvalidClient);
        }
        let public = client(None, Timestamp::UNIX_EPOCH);
        assert_eq!(public.authenticate(None), Ok(()));
        assert_eq!(public.authenticate(Some(&wrong)), Ok(()));
    }

    #[test]
    fn a_use_is_worth_a_write_once_a_day_as05() {
        let used_at = Timestamp::UNIX_EPOCH;
        let used = client(None, used_at + USED_LIFETIME);
        let day = SignedDuration::from_hours(24);
        assert_eq!(used.expiry_after_use(used_at), None);
        assert_eq!(used.expiry_after_use(used_at + day), None);
        let later = used_at + day + SignedDuration::from_secs(1);
        assert_eq!(used.expiry_after_use(later), Some(later + SignedDuration::from_hours(90 * 24)));
        let never_used = client(None, used_at + UNUSED_LIFETIME);
        assert_eq!(never_used.expires_at, used_at + day);
        assert_eq!(never_used.expiry_after_use(used_at), Some(used_at + USED_LIFETIME));
    }

    #[test]
    fn clients_are_called_what_people_call_them_sd04() {
        for (name, short) in [
            ("Claude", "claude"),
            ("claudeai", "claude"),
            ("Claude Code (memory)", "claude-code"),
            ("Claudette", "claudette"),
            ("ChatGPT", "chatgpt"),
            ("Cursor", "cursor"),
            ("Visual Studio Code", "vscode"),
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
