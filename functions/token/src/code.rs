//! `grant_type=authorization_code` (OAuth 2.1 §4.1.3).

use jean_auth::{
    client::Client,
    code::Unredeemable,
    grant::{Grant, RefreshFamily, RefreshToken},
    pkce::CodeVerifier,
    redirect_uri::RedirectUri,
    secret::AuthorizationCode,
};

use crate::{App, error::TokenError, keep, response::Tokens};

pub(crate) async fn redeem(
    app: &App,
    client: &Client,
    code: &AuthorizationCode,
    redirect_uri: Option<&RedirectUri>,
    verifier: &CodeVerifier,
) -> Result<Tokens, TokenError> {
    let now = app.clock.now();
    let issued = app.codes.find(&code.hash()).await?.ok_or(TokenError::UnknownCode)?;
    if let Err(refused) = issued.check(&client.client_id, redirect_uri, verifier, now) {
        if let Unredeemable::Replayed(grant_id) = &refused {
            app.grants.revoke(&issued.user_id, grant_id).await?;
            tracing::warn!(event = jean_runtime::event::REPLAY, %grant_id, user_id = %issued.user_id, "grant revoked: its code was redeemed again");
        }
        return Err(refused.into());
    }
    let refresh_token = RefreshToken::new(issued.user_id.clone(), app.random.bytes(), app.random.bytes());
    let grant = Grant {
        grant_id: refresh_token.grant_id(),
        user_id: issued.user_id,
        email: issued.email,
        client_id: issued.client_id,
        client: issued.client,
        scope: issued.scope,
        created_at: now,
        expires_at: Grant::expiry(now, now, &app.lifetimes),
        refresh: RefreshFamily { current: refresh_token.hash(), superseded: Vec::new() },
    };
    if !app.codes.redeem(&code.hash(), &grant).await? {
        // The same request twice at once, as pages that load twice send it. The other one has the grant: a request that
        // began before the code was used is no replay, and ends nothing.
        return Err(TokenError::Raced);
    }
    keep(app, client).await;
    tracing::info!(event = jean_runtime::event::CODE, grant_id = %grant.grant_id, user_id = %grant.user_id, client_id = %grant.client_id, "code redeemed");
    Ok(Tokens::issue(app, &grant, &refresh_token, grant.scope.clone()))
}
