//! Answered challenges, so that each is accepted once ([WebAuthn
//! §13.4.3](https://www.w3.org/TR/webauthn-3/#sctn-cryptographic-challenges)).

use jean_auth::text::TextHash;
use jiff::Timestamp;
use serde::Serialize;

use crate::table::{Expiring, StoreError, Table, Written, expiring_item};

/// The challenges in the auth table.
#[derive(Debug, Clone)]
pub struct WebauthnChallenges(Table);

#[derive(Serialize)]
struct ChallengeRecord<'a> {
    /// Unique per answer: inserting an identical item counts as success.
    answer: &'a str,
    #[serde(skip)]
    expires_at: Timestamp,
}

impl Expiring for ChallengeRecord<'_> {
    fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

impl WebauthnChallenges {
    /// Opens the answered challenges of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Records that the challenge with this hash was answered, until it expires. `answer` is a unique name of the answer. Returns
    /// `false` if the challenge has been answered before.
    pub async fn answer(&self, challenge: &TextHash, answer: &str, expires_at: Timestamp) -> Result<bool, StoreError> {
        let record = ChallengeRecord { answer, expires_at };
        let pk = format!("CHALLENGE#{}", challenge.as_str());
        Ok(self.0.insert(expiring_item(&pk, "CHALLENGE", &record)?).await? == Written::Yes)
    }
}
