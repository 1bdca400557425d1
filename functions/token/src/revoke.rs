//! Revocation (RFC 7009): a client gives back what it was granted.

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use jean_auth::{
    error::{ErrorCode, OAuthError},
    grant::RefreshToken,
    user::UserId,
};
use jean_runtime::body::FormOrJson;

use crate::{App, authenticated_client, error::TokenError};

/// Ends the grant of a refresh or access token. RFC 7009 §2.2: an unknown token is answered like a known one, so nothing
/// is learnt; another client's is left alone (T-03).
pub(crate) async fn revoke(
    State(app): State<App>,
    headers: HeaderMap,
    FormOrJson(parameters): FormOrJson,
) -> Result<StatusCode, TokenError> {
    parameters.each_once()?;
    let client = authenticated_client(&app, &headers, &parameters).await?;
    let token = parameters.one("token")?.ok_or(OAuthError::new(ErrorCode::InvalidRequest, "token is missing."))?;
    let Some((user_id, grant_id)) = grant_of(&app, token).await else { return Ok(StatusCode::OK) };
    let Some(grant) = app.grants.find(&user_id, &grant_id).await? else { return Ok(StatusCode::OK) };
    if grant.client_id == client.client_id {
        app.grants.revoke(&user_id, &grant_id).await?;
        tracing::info!(event = jean_runtime::event::REVOCATION, %grant_id, %user_id, client_id = %client.client_id, "grant revoked by its client");
    }
    Ok(StatusCode::OK)
}

/// Which grant a token belongs to. `token_type_hint` is not needed: the two kinds can't be mistaken for each other.
async fn grant_of(app: &App, token: &str) -> Option<(UserId, jean_auth::grant::GrantId)> {
    if let Ok(refresh_token) = token.parse::<RefreshToken>() {
        return Some((refresh_token.user_id().clone(), refresh_token.grant_id()));
    }
    let claims = app.keys.verify(token, &app.public_url, app.clock.now()).await.ok()?;
    Some((claims.sub, claims.grant_id))
}
