//! The caller, the only source of the user that a tool works for.
//!
//! The authentication layer makes an [`AuthenticatedCaller`] of a token or API key. Only
//! [`ConnectionStatus::check`](crate::connection_status::ConnectionStatus::check) makes a [`Caller`] of it, which tools need, so
//! no tool runs for an ended connection (SR-12).

use http::request::Parts;
use jean_auth::{
    access_token::Claims,
    api_key::ValidApiKey,
    client::ShortName,
    known_client::ClientHost,
    scope::{Access, Scope, Scopes},
    user::{Email, UserId},
};
use jean_memory::{AccessScope, Credential, Writer};
use rmcp::{
    ErrorData, RoleServer,
    handler::server::{common::FromContextPart, tool::ToolCallContext},
    service::RequestContext,
};

/// The caller of a tool. [`compat`](crate::compat) inserts it into the request's extensions, and tools extract it from there.
/// It cannot be deserialised, so a client cannot pass it as an argument (RS-08, T-21).
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The owner of the memories.
    pub(crate) user_id: UserId,
    /// The user's email address.
    pub(crate) email: Email,
    /// The short name of the client.
    pub(crate) client: ShortName,
    /// The host at which the client took its code. With an API key there is none.
    pub(crate) client_host: Option<ClientHost>,
    /// The presented credential: a grant or an API key.
    pub(crate) credential: Credential,
    /// The scopes of the credential.
    pub(crate) scopes: Scopes,
}

/// A caller with a valid token or API key. The connection may have ended since the token was issued.
#[derive(Debug, Clone)]
pub(crate) struct AuthenticatedCaller(Caller);

impl AuthenticatedCaller {
    /// The owner of an API key, calling through the client of this name.
    pub(crate) fn with_key(key: ValidApiKey, client: ShortName) -> Self {
        let key = key.into_issued();
        Self(Caller {
            user_id: key.user_id,
            email: key.email,
            client,
            client_host: None,
            credential: Credential::ApiKey(key.key_id),
            scopes: key.scope,
        })
    }

    /// The caller of a request, from the HTTP extensions that rmcp passes on.
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> Result<Self, ErrorData> {
        extension(context)
    }

    /// The owner of the memories.
    pub(crate) fn user_id(&self) -> &UserId {
        &self.0.user_id
    }

    /// The presented credential.
    pub(crate) fn credential(&self) -> &Credential {
        &self.0.credential
    }

    /// The scopes of the credential.
    pub(crate) fn scopes(&self) -> &Scopes {
        &self.0.scopes
    }

    /// `true` if the token or API key may add and change memories.
    pub(crate) fn may_write(&self) -> bool {
        self.0.scopes.allows(Scope::MemoryWrite)
    }

    /// The caller with the scopes that the connection still has.
    pub(crate) fn connected_with(self, scopes: Scopes) -> Caller {
        Caller { scopes, ..self.0 }
    }
}

impl Caller {
    /// The caller of a request, from the HTTP extensions that rmcp passes on.
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> Result<Self, ErrorData> {
        extension(context)
    }

    /// The memories that the caller may read and change.
    pub(crate) fn access_scope(&self) -> AccessScope {
        let user_id = self.user_id.clone();
        match &self.credential {
            Credential::Grant { client_id, .. } => match self.scopes.access() {
                Access::All => AccessScope::all(user_id),
                Access::Own => AccessScope::only(user_id, client_id.clone()),
            },
            // A valid API key gives access to all memories of its owner, as a session does.
            Credential::ApiKey(_) | Credential::Person => AccessScope::all(user_id),
        }
    }

    /// The writer recorded with a memory.
    pub(crate) fn writer(self) -> Writer {
        Writer { client: self.client, host: self.client_host, credential: self.credential }
    }
}

impl From<Claims> for AuthenticatedCaller {
    fn from(claims: Claims) -> Self {
        Self(Caller {
            user_id: claims.sub,
            email: claims.email,
            client: claims.client,
            client_host: claims.client_host,
            credential: Credential::Grant { client_id: claims.client_id, grant_id: claims.grant_id },
            scopes: claims.scope,
        })
    }
}

fn extension<T: Clone + Send + Sync + 'static>(context: &RequestContext<RoleServer>) -> Result<T, ErrorData> {
    let found = context.extensions.get::<Parts>().and_then(|parts| parts.extensions.get::<T>());
    found.cloned().ok_or_else(|| ErrorData::internal_error("The request has no authenticated caller.", None))
}

impl<S> FromContextPart<ToolCallContext<'_, S>> for Caller {
    fn from_context_part(context: &mut ToolCallContext<'_, S>) -> Result<Self, ErrorData> {
        Self::of(context.request_context())
    }
}
