//! WebauthnChallenges that were answered: none is answered twice (WebAuthn §13.4.3).

use jiff::Timestamp;
use serde::Serialize;

use crate::table::{StoreError, Table, Written, item};

/// The challenges in the auth table.
#[derive(Debug, Clone)]
pub struct WebauthnChallenges(Table);

#[derive(Serialize)]
struct Kept<'a> {
    /// Another one each time: to write the same once more counts as having written it.
    answer: &'a str,
    ttl: i64,
}

impl WebauthnChallenges {
    /// The challenges kept in this table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Notes that the challenge of this name was answered, by an answer that has a name of its own, until it is over by
    /// itself. Whether it was the first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn answer(&self, challenge: &str, answer: &str, over_at: Timestamp) -> Result<bool, StoreError> {
        let kept = Kept { answer, ttl: over_at.as_second() };
        let pk = format!("CHALLENGE#{challenge}");
        Ok(self.0.insert(item(&pk, "CHALLENGE", &kept)?).await? == Written::Yes)
    }
}
