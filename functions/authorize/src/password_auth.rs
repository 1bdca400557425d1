//! Authentication with email and password, throttled by browser, account and source (AS-19, SR-10).

use axum_extra::extract::CookieJar;
use jean_auth::{
    password::Password,
    throttle::AttemptLimit,
    user::{AttemptEpoch, AttemptedAddress, Email, User},
};
use jean_runtime::SourceAddress;
use jean_sign_in::cookies;

use crate::{app::App, error::PageError};

/// Returns the user if email and password are correct. The attempt is counted before the password is checked and given back on
/// success, so that concurrent attempts cannot exceed a limit.
pub(crate) async fn authenticate(
    app: &App,
    source: &SourceAddress,
    cookies: &CookieJar,
    email: &str,
    password: &str,
) -> Result<Option<User>, PageError> {
    let address = AttemptedAddress::of(email);
    let known = cookies::known_browser(app, cookies, &address);
    let user = match email.parse::<Email>() {
        Ok(email) => app.users.by_email(&email).await?,
        Err(_) => None,
    };
    let epoch = user.as_ref().map_or(AttemptEpoch::FIRST, |user| user.attempt_epoch);
    let limits = AttemptLimit::of_password((&address, epoch), &source.throttle_key(), known.as_ref());
    let attempt = app.throttles.admit(&limits, app.now()).await?;
    // Response times would otherwise reveal which addresses have an account, so a hash is computed in any case.
    let hash = user.as_ref().and_then(|user| user.password.as_ref());
    let is_correct = app.hasher.verify(&Password::shown(password), hash);
    let found = user.as_ref().map(|user| user.user_id.clone());
    let Some(user) = user.filter(|_| is_correct) else {
        let source = source.audit_hash(&app.root_keys());
        let user_id = found.as_ref().map(tracing::field::display);
        tracing::info!(event = jean_runtime::event::SIGN_IN_REFUSED, user_id, source, "sign-in refused");
        return Ok(None);
    };
    app.throttles.give_back(attempt).await?;
    Ok(Some(user))
}
