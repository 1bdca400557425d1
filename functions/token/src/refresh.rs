//! `grant_type=refresh_token` (OAuth 2.1 §4.3).

use jean_auth::{
    client::Client,
    error::{ErrorCode, OAuthError},
    grant::{Grant, Refresh, RefreshToken, Unrefreshable},
    scope::Scopes,
};

use crate::{App, error::TokenError, keep, response::Tokens};

pub(crate) async fn refresh(
    app: &App,
    client: &Client,
    token: &RefreshToken,
    scope: Option<Scopes>,
) -> Result<Tokens, TokenError> {
    let (grant, current, scope) = rotate(app, client, token, scope.as_ref()).await?;
    keep(app, client).await;
    tracing::info!(event = jean_runtime::event::REFRESH, grant_id = %grant.grant_id, user_id = %grant.user_id, client_id = %grant.client_id, "refreshed");
    Ok(Tokens::issue(app, &grant, &current, scope))
}

/// Makes the next refresh token the current one, or finds the one that already is. What is asked for may be more than the
/// person allowed: clients send what they asked for at first, whatever they got. They get what both have (AS-14).
async fn rotate(
    app: &App,
    client: &Client,
    token: &RefreshToken,
    scope: Option<&Scopes>,
) -> Result<(Grant, RefreshToken, Scopes), TokenError> {
    loop {
        let now = app.clock.now();
        let grant = app.grants.find(token.user_id(), &token.grant_id()).await?.ok_or(TokenError::UnknownGrant)?;
        let narrowed = scope.map_or_else(|| Some(grant.scope.clone()), |scope| grant.scope.narrowed_to(scope));
        match grant.refresh(token, &client.client_id, &app.keys.current(now), &app.lifetimes, now) {
            Ok(refreshed) => {
                let Some(scope) = narrowed else {
                    return Err(OAuthError::new(ErrorCode::InvalidScope, "None of these scopes was granted.").into());
                };
                match refreshed {
                    Refresh::Repeat(current) => return Ok((grant, current, scope)),
                    // Lost to another refresh of the same token: that one is read on the next turn, and repeated.
                    Refresh::Rotate { token: next, family, expires_at } => {
                        if app.grants.rotate(&grant, &family, expires_at).await? {
                            return Ok((grant, next, scope));
                        }
                    }
                }
            }
            Err(refused) => {
                if refused == Unrefreshable::Reused {
                    app.grants.revoke(&grant.user_id, &grant.grant_id).await?;
                    tracing::warn!(event = jean_runtime::event::REUSE, grant_id = %grant.grant_id, user_id = %grant.user_id, "grant revoked: refresh token reused");
                }
                return Err(refused.into());
            }
        }
    }
}
