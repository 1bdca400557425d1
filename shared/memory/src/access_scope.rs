//! How far a caller reaches.

use jean_auth::{client::ClientId, user::UserId};

use crate::{Credential, Memory};

/// Whose memories an operation is on, and which of them. What is out of reach is as if it was not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessScope {
    user_id: UserId,
    only: Option<ClientId>,
}

impl AccessScope {
    /// Everything this person has.
    pub fn all(user_id: UserId) -> Self {
        Self { user_id, only: None }
    }

    /// What one client wrote for this person, under any of its grants.
    pub fn only(user_id: UserId, client_id: ClientId) -> Self {
        Self { user_id, only: Some(client_id) }
    }

    /// Whose memories they are.
    pub fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// The client whose memories alone are meant, if it is not all of them.
    pub fn client_id(&self) -> Option<&ClientId> {
        self.only.as_ref()
    }

    /// Whether a memory of this person is within it.
    pub fn includes(&self, memory: &Memory) -> bool {
        self.admits(&memory.written_by.credential)
    }

    /// Whether what was written with this credential is within it.
    pub fn admits(&self, credential: &Credential) -> bool {
        self.only.as_ref().is_none_or(|only| credential.client_id() == Some(only))
    }
}
