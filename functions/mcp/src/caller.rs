//! Who is calling: the one source of whose memories a tool works on.

use http::request::Parts;
use jean_auth::{
    access_token::Claims,
    api_key::IssuedApiKey,
    client::ShortName,
    scope::{Access, Scopes},
    user::{Email, UserId},
};
use jean_memory::{AccessScope, Credential, Writer};
use rmcp::{
    ErrorData, RoleServer,
    handler::server::{common::FromContextPart, tool::ToolCallContext},
    service::RequestContext,
};

/// Whoever sent a request, as their token or key proves it. Authentication puts it among the request's extensions, and
/// a tool that has it as an argument gets it from there; nothing of it can be an argument a client sends (RS-08, T-21).
#[derive(Debug, Clone)]
pub struct Caller {
    /// Whose memories they are.
    pub user_id: UserId,
    /// Their address.
    pub email: Email,
    /// What people call the client that calls for them.
    pub client: ShortName,
    /// What it showed: the client and the grant, or the key.
    pub credential: Credential,
    /// What it may do.
    pub scopes: Scopes,
}

impl Caller {
    /// The owner of an API key, calling through a client that goes by this name. A key opens all of its owner's
    /// memories: it has no scopes of its own.
    pub fn with_key(key: IssuedApiKey, client: ShortName) -> Self {
        Self {
            user_id: key.user_id,
            email: key.email,
            client,
            credential: Credential::ApiKey(key.key_id),
            scopes: Scopes::of_the_resource(),
        }
    }

    /// Whoever sent the request that is being answered: rmcp hands the HTTP request's parts on with it.
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> Result<Self, ErrorData> {
        let parts = context.extensions.get::<Parts>();
        let caller = parts.and_then(|parts| parts.extensions.get::<Self>());
        caller.cloned().ok_or_else(|| ErrorData::internal_error("The call came without its caller.", None))
    }

    /// Which memories are theirs to see and to change.
    pub(crate) fn reach(&self) -> AccessScope {
        match &self.credential {
            Credential::Grant { client_id, .. } if self.scopes.access() == Access::Own => {
                AccessScope::only(self.user_id.clone(), client_id.clone())
            }
            _ => AccessScope::all(self.user_id.clone()),
        }
    }

    /// What a memory names as its writer.
    pub fn writer(self) -> Writer {
        Writer { client: self.client, credential: self.credential }
    }
}

/// Whoever the access token was issued to and for.
impl From<Claims> for Caller {
    fn from(claims: Claims) -> Self {
        Self {
            user_id: claims.sub,
            email: claims.email,
            client: claims.client,
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
