//! API keys of the legacy endpoint, `POST /mcp/v2/{client}/{user_id}` with `X-API-Key` (SD-02).

use std::ops::Deref;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    scope::{Access, Scopes},
    text::text_type,
    user::{Email, User, UserId},
};

text_type! {
    /// Identifies an API key to its owner. Not a credential.
    ApiKeyId, "a key id has 1 to 64 letters, digits, '-' or '_'", |text| {
        (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    }
}

text_type! {
    /// The name of an API key, 1 to 60 characters, e.g. `laptop`.
    KeyName, "a key name has 1 to 60 characters, without spaces around them", |text| {
        (1..=60).contains(&text.chars().count()) && text.trim() == text
    }
}

/// An API key record. Only the hash of the key is stored, as the key of this record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedApiKey {
    /// Its id.
    pub key_id: ApiKeyId,
    /// The name its owner gave it. Older ones need not be a [`KeyName`].
    pub name: String,
    /// The owner of the memories it gives access to.
    pub user_id: UserId,
    /// The user's email address.
    pub email: Email,
    /// The time of creation.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    /// Its scopes. Older keys have all of the resource.
    #[serde(default = "Scopes::of_the_resource")]
    pub scope: Scopes,
    /// The time from which it is rejected. Older keys do not expire.
    #[serde(default, with = "jiff::fmt::serde::timestamp::second::optional", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The last use, noted at most once a day: a busy key costs one write a day.
    #[serde(default, with = "jiff::fmt::serde::timestamp::second::optional", skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
}

/// An API key that gives access to all memories of its owner. [`IssuedApiKey::valid_at`] is the only constructor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidApiKey(IssuedApiKey);

impl ValidApiKey {
    /// The record.
    pub fn into_issued(self) -> IssuedApiKey {
        self.0
    }
}

impl Deref for ValidApiKey {
    type Target = IssuedApiKey;

    fn deref(&self) -> &IssuedApiKey {
        &self.0
    }
}

/// Granularity of the recorded last use.
const USE_IS_NOTED_EVERY: SignedDuration = SignedDuration::from_hours(24);

impl IssuedApiKey {
    /// A key with all scopes of the resource that does not expire.
    pub fn new(key_id: ApiKeyId, name: &KeyName, user: &User, created_at: Timestamp) -> Self {
        Self {
            key_id,
            name: name.to_string(),
            user_id: user.user_id.clone(),
            email: user.email.clone(),
            created_at,
            scope: Scopes::of_the_resource(),
            expires_at: None,
            used_at: None,
        }
    }

    /// Returns the key if it has not expired, and applies to all memories. No memories are a key's own, so [`Access::Own`] is a
    /// restriction of a later release, which this one could only ignore.
    pub fn valid_at(self, now: Timestamp) -> Option<ValidApiKey> {
        let is_valid = self.expires_at.is_none_or(|expires_at| now < expires_at) && self.scope.access() == Access::All;
        is_valid.then_some(ValidApiKey(self))
    }

    /// `true` if a use at `now` has to be recorded.
    pub fn notes_use(&self, now: Timestamp) -> bool {
        self.used_at.is_none_or(|used_at| now.duration_since(used_at) >= USE_IS_NOTED_EVERY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SR-11
    #[test]
    fn older_record_keeps_its_access() {
        let stored = r#"{"key_id":"a","name":"laptop","user_id":"ada","email":"ada@example.org","created_at":5}"#;
        let key: IssuedApiKey = serde_json::from_str(stored).expect("readable");
        assert_eq!((key.scope.clone(), key.expires_at, key.used_at), (Scopes::of_the_resource(), None, None));
        let at = |second| Timestamp::from_second(second).expect("in range");
        let is_valid = |key: &IssuedApiKey, second| key.clone().valid_at(at(second)).is_some();
        assert!(is_valid(&key, 1 << 35) && key.notes_use(at(5)));
        let key = IssuedApiKey { expires_at: Some(at(100)), used_at: Some(at(5)), ..key };
        assert!(is_valid(&key, 99) && !is_valid(&key, 100));
        assert!(!key.notes_use(at(5 + 24 * 3600 - 1)) && key.notes_use(at(5 + 24 * 3600)));
        let read: IssuedApiKey = serde_json::from_str(&serde_json::to_string(&key).expect("JSON")).expect("readable");
        assert_eq!(read, key);
    }

    #[test]
    fn key_name_is_short_and_visible() {
        for (name, is_valid) in [("laptop", true), ("Größe 2", true), ("", false), (" ", false), ("laptop ", false)] {
            assert_eq!(name.parse::<KeyName>().is_ok(), is_valid, "{name:?}");
        }
        assert!("ß".repeat(60).parse::<KeyName>().is_ok() && "ß".repeat(61).parse::<KeyName>().is_err());
    }

    /// SR-11
    #[test]
    fn key_with_an_unknown_restriction_is_invalid() {
        let is_valid = |scope: &str| {
            let key = serde_json::json!({"key_id": "a", "name": "laptop", "user_id": "ada", "email": "ada@example.org",
                "created_at": 5, "scope": scope});
            let key: IssuedApiKey = serde_json::from_value(key).expect("readable");
            key.valid_at(Timestamp::UNIX_EPOCH).is_some()
        };
        assert!(is_valid("memory:read memory:write"));
        for restricted in ["memory:read memory:today", "memory:read memory:own"] {
            assert!(!is_valid(restricted), "{restricted}");
        }
    }
}
