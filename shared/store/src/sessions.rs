//! Sign-ins, so that each can be ended before it expires.

use auth::{
    session::{Session, SessionId},
    user::{User, UserId},
};
use serde::Serialize;

use crate::{
    table::{StoreError, Table, item, owner},
    users::Users,
};

/// The sign-ins in the auth table.
#[derive(Debug, Clone)]
pub struct Sessions(Table);

#[derive(Serialize)]
struct Kept<'a> {
    #[serde(flatten)]
    session: &'a Session,
    ttl: i64,
}

impl Sessions {
    /// The sign-ins kept in this table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Keeps a sign-in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin(&self, session: &Session) -> Result<(), StoreError> {
        let kept = Kept { session, ttl: session.exp };
        self.0.insert(item(&owner(&session.sub), &entry(&session.sid), &kept)?).await.map(drop)
    }

    async fn is_open(&self, session: &Session) -> Result<bool, StoreError> {
        Ok(self.0.get::<Session>(&owner(&session.sub), &entry(&session.sid)).await?.is_some())
    }

    /// Whose sign-in it is, if it has not been ended and they are still there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn person(&self, users: &Users, session: &Session) -> Result<Option<User>, StoreError> {
        let (open, user) = tokio::try_join!(self.is_open(session), users.by_id(&session.sub))?;
        Ok(user.filter(|_| open))
    }

    /// Ends one sign-in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end(&self, user_id: &UserId, sid: &SessionId) -> Result<(), StoreError> {
        self.0.remove(&owner(user_id), &entry(sid)).await.map(drop)
    }

    /// Ends all of a person's sign-ins. How many there were.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_all(&self, user_id: &UserId) -> Result<usize, StoreError> {
        let sessions: Vec<Session> = self.0.all(&owner(user_id), "SESSION#").await?;
        for session in &sessions {
            self.end(user_id, &session.sid).await?;
        }
        Ok(sessions.len())
    }
}

fn entry(sid: &SessionId) -> String {
    format!("SESSION#{sid}")
}
