//! The memories that a caller may access.

use jean_auth::{client::ClientId, user::UserId};

use crate::{Credential, Memory};

/// The user, and optionally the client, that an operation is restricted to. Memories outside the scope are treated as
/// nonexistent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessScope {
    user_id: UserId,
    only: Option<ClientId>,
}

impl AccessScope {
    /// All memories of the user.
    pub fn all(user_id: UserId) -> Self {
        Self { user_id, only: None }
    }

    /// The user's memories that one client wrote, under any of its grants.
    pub fn only(user_id: UserId, client_id: ClientId) -> Self {
        Self { user_id, only: Some(client_id) }
    }

    /// The user.
    pub fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// The client that the scope is restricted to, if any.
    pub fn client_id(&self) -> Option<&ClientId> {
        self.only.as_ref()
    }

    /// `true` if a memory of the user is in the scope.
    pub fn includes(&self, memory: &Memory) -> bool {
        self.admits(&memory.written_by.credential)
    }

    /// `true` if memories written with this credential are in the scope.
    pub fn admits(&self, credential: &Credential) -> bool {
        self.only.as_ref().is_none_or(|only| credential.client_id() == Some(only))
    }
}
