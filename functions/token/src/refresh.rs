//! `grant_type=refresh_token` ([OAuth 2.1 §4.3](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1)).

use jean_auth::{
    client::AuthenticatedClient,
    error::{ErrorCode, OAuthError},
    grant::{Grant, Presenter, Refresh, RefreshToken, Unrefreshable},
    scope::Scopes,
};
use jean_runtime::SourceAddress;
use jean_store::{
    StoreError,
    notifications::{Notification, NotificationKind},
};

use crate::{
    app::{App, notify, touch_client},
    error::TokenError,
    response::Tokens,
};

pub(crate) async fn refresh(
    app: &App,
    client: &AuthenticatedClient,
    source: &SourceAddress,
    token: &RefreshToken,
    scope: Option<Scopes>,
) -> Result<Tokens, TokenError> {
    let source = source.throttle_key();
    let by = Presenter { client, source: &source };
    let (grant, current, scope) = rotate(app, by, token, scope.as_ref()).await?;
    if grant.has_other_source(by.source, &app.root_keys(), &app.lifetimes, app.now()) {
        report_two_sources(app, &grant).await;
    }
    touch_client(app, client).await;
    tracing::info!(event = jean_runtime::event::REFRESH, grant_id = %grant.grant_id, user_id = %grant.user_id, client_id = %grant.client_id, "refreshed");
    Ok(Tokens::issue(app, &grant, Some(&current), scope))
}

/// Rotates the refresh token, or returns the current one if a concurrent request has already rotated it. Returns the grant as it
/// was before, but with its new expiry.
async fn rotate(
    app: &App,
    by: Presenter<'_>,
    token: &RefreshToken,
    requested: Option<&Scopes>,
) -> Result<(Grant, RefreshToken, Scopes), TokenError> {
    loop {
        let grant = app.grants.find(token.user_id(), &token.grant_id()).await?.ok_or(TokenError::UnknownGrant)?;
        let refreshed = match grant.refresh(token, by, &app.root_keys(), &app.lifetimes, app.now()) {
            Ok(refreshed) => refreshed,
            Err(refused) => {
                if refused == Unrefreshable::Reused {
                    revoke_reused(app, &grant).await?;
                }
                return Err(refused.into());
            }
        };
        let scope = narrowed(&grant, requested).ok_or(NO_GRANTED_SCOPE)?;
        match refreshed {
            Refresh::Repeat(current) => return Ok((grant, current, scope)),
            // If a concurrent refresh of the same token wins, the next turn reads and repeats its result.
            Refresh::Rotate { token: next, family, expires_at } => {
                if app.grants.rotate(&grant, &family, expires_at).await? {
                    return Ok((Grant { expires_at, ..grant }, next, scope));
                }
            }
        }
    }
}

const NO_GRANTED_SCOPE: OAuthError = OAuthError::new(ErrorCode::InvalidScope, "None of these scopes was granted.");

/// The granted scopes among the requested ones, or `None` if there is none. Clients repeat the scope they first requested even
/// if the user granted less, so the result is the intersection (AS-14).
fn narrowed(grant: &Grant, requested: Option<&Scopes>) -> Option<Scopes> {
    let Some(requested) = requested else { return Some(grant.scope.clone()) };
    let both = grant.scope.narrowed_to(requested)?.of_some_use();
    grant.scope.narrowed_to(&both)
}

/// Revokes the grant of a reused token, even if the user cannot be notified: the token may be stolen.
async fn revoke_reused(app: &App, grant: &Grant) -> Result<(), StoreError> {
    let notified = notify_of_reuse(app, grant).await;
    app.grants.revoke(&grant.user_id, &grant.grant_id).await?;
    notified?;
    tracing::warn!(event = jean_runtime::event::REUSE, grant_id = %grant.grant_id, user_id = %grant.user_id, "grant revoked: refresh token reused");
    Ok(())
}

/// Notifies the user of a reused token (SR-11).
async fn notify_of_reuse(app: &App, grant: &Grant) -> Result<(), StoreError> {
    let what = NotificationKind::TokenReuse { client: grant.client.clone(), host: grant.client_host.clone() };
    notify(app, &grant.user_id, what).await
}

/// Notifies the user, at most once per grant and day, that two sources have refreshed a grant within the grace (SR-23). A
/// failure is only logged: the tokens are already rotated, and the next refresh within the grace notifies again.
async fn report_two_sources(app: &App, grant: &Grant) {
    let what = NotificationKind::TwoSources { client: grant.client.clone(), host: grant.client_host.clone() };
    let notification = Notification { id: app.random.id(), at: app.now(), what };
    match app.notifications.add_daily(&grant.user_id, grant.grant_id.as_str(), &notification).await {
        Ok(true) => {
            tracing::warn!(event = jean_runtime::event::TWO_SOURCES, grant_id = %grant.grant_id, user_id = %grant.user_id, "grant refreshed from two sources within the grace");
        }
        Ok(false) => {}
        Err(error) => tracing::warn!(%error, grant_id = %grant.grant_id, "reporting two sources failed"),
    }
}
