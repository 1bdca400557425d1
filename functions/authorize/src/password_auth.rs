//! Authentication with email and password, throttled by account and by source (AS-19).

use jean_auth::{
    password::Password,
    user::{Email, User},
};
use jean_runtime::SourceAddress;
use jean_store::login_throttles::ThrottlePolicy;
use jiff::SignedDuration;

use crate::{app::App, error::PageError};

/// Failed attempts for one account, from any source (AS-19).
const PER_ACCOUNT: ThrottlePolicy =
    ThrottlePolicy { name: "sign-in-account", failures: 10, window: SignedDuration::from_mins(15) };
/// Failed attempts from one source, for any account.
pub(crate) const PER_SOURCE: ThrottlePolicy =
    ThrottlePolicy { name: "sign-in-source", failures: 50, window: SignedDuration::from_mins(15) };

/// Returns the user if email and password are correct.
pub(crate) async fn authenticate(
    app: &App,
    source: &SourceAddress,
    email: &str,
    password: &str,
) -> Result<Option<User>, PageError> {
    let now = app.now();
    let account = email.trim().to_lowercase();
    let source = source.throttle_key();
    let (account_wait, source_wait) =
        tokio::try_join!(app.throttles.wait(PER_ACCOUNT, &account, now), app.throttles.wait(PER_SOURCE, &source, now))?;
    if let Some(wait) = account_wait.max(source_wait) {
        return Err(PageError::Throttled(wait));
    }
    let user = match email.parse::<Email>() {
        Ok(email) => app.users.by_email(&email).await?,
        Err(_) => None,
    };
    // Response times would otherwise reveal which addresses have an account, so a hash is computed in any case.
    let hash = user.as_ref().and_then(|user| user.password.as_ref());
    let is_correct = app.hasher.verify(&Password::shown(password), hash);
    if let Some(user) = user.filter(|_| is_correct) {
        return Ok(Some(user));
    }
    tokio::try_join!(app.throttles.count(PER_ACCOUNT, &account, now), app.throttles.count(PER_SOURCE, &source, now))?;
    tracing::info!(event = jean_runtime::event::SIGN_IN_REFUSED, "sign-in refused");
    Ok(None)
}
