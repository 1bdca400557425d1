//! Sessions, so that each can be revoked before it expires.

use jean_auth::{
    session::{Session, SessionId, is_use_due},
    user::{User, UserId},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    table::{Expiring, StoreError, Table, expiring_item, owner},
    users::Users,
};

/// The sessions in the auth table.
#[derive(Debug, Clone)]
pub struct Sessions(Table);

/// A session, as shown to its user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SignIn {
    /// The session.
    #[serde(flatten)]
    pub session: Session,
    /// The browser's name, derived from its `User-Agent`.
    #[serde(default)]
    pub browser: String,
    /// The last use of the account pages, if one was recorded; see [`SignIn::used_at`].
    #[serde(default, rename = "used_at", with = "jiff::fmt::serde::timestamp::second::optional")]
    recorded: Option<Timestamp>,
}

impl SignIn {
    /// The last recorded use of the account pages, exact to the day ([`is_use_due`]), or the sign-in if it was later.
    pub fn used_at(&self) -> Timestamp {
        let signed_in = self.session.authenticated_at();
        self.recorded.map_or(signed_in, |recorded| recorded.max(signed_in))
    }
}

#[derive(Serialize)]
struct SessionRecord<'a> {
    #[serde(flatten)]
    session: &'a Session,
    browser: &'a str,
}

impl Expiring for SessionRecord<'_> {
    fn expires_at(&self) -> Timestamp {
        end(self.session)
    }
}

impl Expiring for SignIn {
    fn expires_at(&self) -> Timestamp {
        end(&self.session)
    }
}

/// The time from which a session has expired.
fn end(session: &Session) -> Timestamp {
    Timestamp::from_second(session.exp).unwrap_or(Timestamp::MAX)
}

impl Sessions {
    /// Opens the sessions of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Stores a new session.
    pub async fn begin(&self, session: &Session, browser: &str) -> Result<(), StoreError> {
        let record = SessionRecord { session, browser };
        self.0.insert(expiring_item(&owner(&session.sub), &entry(&session.sid), &record)?).await.map(drop)
    }

    async fn stored(&self, session: &Session) -> Result<Option<SignIn>, StoreError> {
        self.0.get(&owner(&session.sub), &entry(&session.sid)).await
    }

    /// Returns the user of a session, and the session as it is stored, or `None` if the session has been revoked, the
    /// password changed since, or the account disabled or deleted.
    pub async fn person(&self, users: &Users, session: &Session) -> Result<Option<(User, SignIn)>, StoreError> {
        let (stored, user) = tokio::try_join!(self.stored(session), users.by_id(&session.sub))?;
        let user = user.filter(|user| !user.is_disabled && user.credential_epoch == session.epoch);
        Ok(user.zip(stored))
    }

    /// Records a use of the account pages at most once a day, unless the session has been revoked. A failure is only logged,
    /// since the page does not depend on it.
    pub async fn note_use(&self, sign_in: &SignIn, now: Timestamp) {
        let Session { sub, sid, .. } = &sign_in.session;
        if !is_use_due(sign_in.used_at(), now) {
            return;
        }
        if let Err(error) = self.0.note_use(&owner(sub), &entry(sid), now).await {
            tracing::warn!(%error, user_id = %sub, "recording the use of a session failed");
        }
    }

    /// Returns the user's unexpired sessions, latest first.
    pub async fn list(&self, user_id: &UserId, now: Timestamp) -> Result<Vec<SignIn>, StoreError> {
        let mut open: Vec<SignIn> = self.0.all_current(&owner(user_id), SESSION, now).await?;
        open.sort_by_key(|sign_in| std::cmp::Reverse(sign_in.session.auth_time));
        Ok(open)
    }

    /// Revokes a session.
    pub async fn end(&self, user_id: &UserId, sid: &SessionId) -> Result<(), StoreError> {
        self.0.remove(&owner(user_id), &entry(sid)).await.map(drop)
    }

    /// Revokes all sessions of the user except `but`, and returns their number.
    pub async fn end_all(&self, user_id: &UserId, but: Option<&SessionId>) -> Result<usize, StoreError> {
        let mut sessions: Vec<Session> = self.0.all(&owner(user_id), SESSION).await?;
        sessions.retain(|session| Some(&session.sid) != but);
        for session in &sessions {
            self.end(user_id, &session.sid).await?;
        }
        Ok(sessions.len())
    }
}

const SESSION: &str = "SESSION#";

fn entry(sid: &SessionId) -> String {
    format!("{SESSION}{sid}")
}
