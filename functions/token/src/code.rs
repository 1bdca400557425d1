//! `grant_type=authorization_code` ([OAuth 2.1 §4.1.3](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1)).

use jean_auth::{
    client::AuthenticatedClient,
    code::{Redemption, Unredeemable},
    grant::{GrantId, RefreshToken},
    pkce::CodeVerifier,
    redirect_uri::RedirectUri,
    secret::AuthorizationCode,
    user::UserId,
};
use jean_store::{StoreError, notifications::NotificationKind};

use crate::{
    app::{App, notify, touch_client},
    error::TokenError,
    response::Tokens,
};

pub(crate) async fn redeem(
    app: &App,
    client: &AuthenticatedClient,
    code: &AuthorizationCode,
    redirect_uri: Option<&RedirectUri>,
    verifier: &CodeVerifier,
) -> Result<Tokens, TokenError> {
    let issued = app.codes.find(&code.hash()).await?.ok_or(TokenError::UnknownCode)?;
    let refresh_token = RefreshToken::new(issued.user_id.clone(), app.random.bytes(), app.random.bytes());
    let by = Redemption { client, redirect_uri, verifier };
    let issued_at = issued.issued_at();
    let grant = match issued.redeem(by, &refresh_token, &app.lifetimes, app.now()) {
        Ok(grant) => grant,
        Err(refused) => {
            if let Unredeemable::Replayed { user_id, grant_id } = &refused {
                revoke_replayed(app, user_id, grant_id).await?;
            }
            return Err(refused.into());
        }
    };
    let stays = client.stays_connected(&grant.scope);
    let grant = if stays { grant } else { grant.without_refresh(&app.lifetimes) };
    if !app.codes.redeem(&code.hash(), issued_at, &grant).await? {
        // A page that loads twice sends the same request twice. The concurrent request has the grant; this one began
        // before the code was redeemed, so it is no replay and revokes nothing.
        return Err(TokenError::Raced);
    }
    touch_client(app, client).await;
    tracing::info!(event = jean_runtime::event::CODE, grant_id = %grant.grant_id, user_id = %grant.user_id, client_id = %grant.client_id, "code redeemed");
    Ok(Tokens::issue(app, &grant, stays.then_some(&refresh_token), grant.scope.clone()))
}

/// Revokes the grant of a replayed code, even if the user cannot be notified: the code may be stolen.
async fn revoke_replayed(app: &App, user_id: &UserId, grant_id: &GrantId) -> Result<(), StoreError> {
    let notified = notify_of_replay(app, user_id, grant_id).await;
    app.grants.revoke(user_id, grant_id).await?;
    notified?;
    tracing::warn!(event = jean_runtime::event::REPLAY, %grant_id, %user_id, "grant revoked: code replayed");
    Ok(())
}

/// Notifies the user of a replayed code, unless its grant has ended already: a thief who repeats the request leaves one
/// notification.
async fn notify_of_replay(app: &App, user_id: &UserId, grant_id: &GrantId) -> Result<(), StoreError> {
    let Some(grant) = app.grants.find(user_id, grant_id).await? else { return Ok(()) };
    notify(app, user_id, NotificationKind::CodeReplay { client: grant.client, host: grant.client_host }).await
}
