//! Token revocation ([RFC 7009](https://www.rfc-editor.org/rfc/rfc7009)).

use http::StatusCode;
use jean_auth::{
    error::{ErrorCode, OAuthError},
    grant::{GrantId, RefreshToken},
    user::UserId,
};

use crate::{app::App, client_request::ClientRequest, error::TokenError};

/// Revokes the grant of a refresh or access token. Unknown tokens and those of other clients are answered like revoked
/// ones, so that an attacker learns nothing (RFC 7009 §2.2); another client's grant is left alone (T-03).
pub(crate) async fn revoke(app: App, request: ClientRequest) -> Result<StatusCode, TokenError> {
    let ClientRequest { client, parameters } = request;
    let token = parameters.get("token").ok_or(OAuthError::new(ErrorCode::InvalidRequest, "token is missing."))?;
    let Some((user_id, grant_id)) = grant_of(&app, token).await else { return Ok(StatusCode::OK) };
    let Some(grant) = app.grants.find(&user_id, &grant_id).await? else { return Ok(StatusCode::OK) };
    if grant.client_id == client.client_id {
        app.grants.revoke(&user_id, &grant_id).await?;
        tracing::info!(event = jean_runtime::event::REVOCATION, %grant_id, %user_id, client_id = %client.client_id, "grant revoked by its client");
    }
    Ok(StatusCode::OK)
}

/// The grant that a token belongs to. `token_type_hint` is ignored: no token can be mistaken for the other kind.
async fn grant_of(app: &App, token: &str) -> Option<(UserId, GrantId)> {
    if let Ok(refresh_token) = token.parse::<RefreshToken>() {
        return Some((refresh_token.user_id().clone(), refresh_token.grant_id()));
    }
    let claims = app.verify_access_token(token).await.ok()?;
    Some((claims.sub, claims.grant_id))
}
