//! Sign-ins, so that each can be ended before it expires.

use jean_auth::{
    session::{Session, SessionId},
    user::{User, UserId},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    table::{StoreError, Table, item, owner},
    users::Users,
};

/// The sign-ins in the auth table.
#[derive(Debug, Clone)]
pub struct Sessions(Table);

/// A sign-in, as its person is shown it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SignIn {
    /// The sign-in.
    #[serde(flatten)]
    pub session: Session,
    /// What the browser said it was.
    #[serde(default)]
    pub browser: String,
}

#[derive(Serialize)]
struct Kept<'a> {
    #[serde(flatten)]
    session: &'a Session,
    browser: &'a str,
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
    pub async fn begin(&self, session: &Session, browser: &str) -> Result<(), StoreError> {
        let kept = Kept { session, browser, ttl: session.exp };
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

    /// A person's sign-ins that are not over, the latest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(&self, user_id: &UserId, now: Timestamp) -> Result<Vec<SignIn>, StoreError> {
        let mut open: Vec<SignIn> = self.0.all(&owner(user_id), SESSION).await?;
        open.retain(|sign_in| sign_in.session.exp > now.as_second());
        open.sort_by_key(|sign_in| std::cmp::Reverse(sign_in.session.auth_time));
        Ok(open)
    }

    /// Ends one sign-in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end(&self, user_id: &UserId, sid: &SessionId) -> Result<(), StoreError> {
        self.0.remove(&owner(user_id), &entry(sid)).await.map(drop)
    }

    /// Ends all of a person's sign-ins but, perhaps, one. How many there were.
    ///
    /// # Errors
    /// [`StoreError`].
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
