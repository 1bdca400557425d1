//! The authenticated caller, the only source of the user that a tool works for.

use http::request::Parts;
use jean_auth::{
    access_token::Claims,
    api_key::IssuedApiKey,
    client::ShortName,
    known_client::ClientHost,
    scope::{Access, Scopes},
    user::{Email, UserId},
};
use jean_memory::{AccessScope, Credential, Writer};
use rmcp::{
    ErrorData, RoleServer,
    handler::server::{common::FromContextPart, tool::ToolCallContext},
    service::RequestContext,
};

/// The authenticated caller. The authentication layer inserts it into the request's extensions and tools extract it
/// from there. It cannot be deserialised, so a client cannot pass it as an argument (RS-08, T-21).
#[derive(Debug, Clone)]
pub struct Caller {
    /// The owner of the memories.
    pub user_id: UserId,
    /// The user's email address.
    pub email: Email,
    /// The short name of the client.
    pub client: ShortName,
    /// The host at which the client took its code. With an API key there is none.
    pub client_host: Option<ClientHost>,
    /// The presented credential: a grant or an API key.
    pub credential: Credential,
    /// The scopes of the credential.
    pub scopes: Scopes,
}

impl Caller {
    /// The owner of an API key, calling through the client of this name. An API key gives access to all memories of its
    /// owner.
    pub fn with_key(key: IssuedApiKey, client: ShortName) -> Self {
        Self {
            user_id: key.user_id,
            email: key.email,
            client,
            client_host: None,
            credential: Credential::ApiKey(key.key_id),
            scopes: key.scope,
        }
    }

    /// The caller of a request, from the HTTP extensions that rmcp passes on.
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> Result<Self, ErrorData> {
        let parts = context.extensions.get::<Parts>();
        let caller = parts.and_then(|parts| parts.extensions.get::<Self>());
        caller.cloned().ok_or_else(|| ErrorData::internal_error("The request has no authenticated caller.", None))
    }

    /// The memories that the caller may read and change.
    pub(crate) fn access_scope(&self) -> AccessScope {
        match (self.scopes.access(), &self.credential) {
            (Access::All, _) => AccessScope::all(self.user_id.clone()),
            (Access::Own, Credential::Grant { client_id, .. }) => {
                AccessScope::only(self.user_id.clone(), client_id.clone())
            }
            (Access::Own, Credential::ApiKey(_) | Credential::Person) => {
                unreachable!("only the authentication layer creates callers, and a restricted key is invalid")
            }
        }
    }

    /// The writer recorded with a memory.
    pub fn writer(self) -> Writer {
        Writer { client: self.client, host: self.client_host, credential: self.credential }
    }
}

impl From<Claims> for Caller {
    fn from(claims: Claims) -> Self {
        Self {
            user_id: claims.sub,
            email: claims.email,
            client: claims.client,
            client_host: claims.client_host,
            credential: Credential::Grant { client_id: claims.client_id, grant_id: claims.grant_id },
            scopes: claims.scope,
        }
    }
}

impl<S> FromContextPart<ToolCallContext<'_, S>> for Caller {
    fn from_context_part(context: &mut ToolCallContext<'_, S>) -> Result<Self, ErrorData> {
        Self::of(context.request_context())
    }
}
