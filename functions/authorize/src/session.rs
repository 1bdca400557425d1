//! Sessions: reading, starting and ending them.

use axum_extra::extract::CookieJar;
use jean_auth::{
    session::{Session, SessionId, lifetime},
    user::User,
};
use jean_pages::session_cookie;
use jean_store::notifications::{Notification, NotificationKind};

use crate::{app::App, browser::BrowserName, cookies, error::PageError};

/// The signed-in user and their session.
pub(crate) struct SignedIn {
    pub(crate) session: Session,
    pub(crate) user: User,
}

/// Returns the signed-in user, by the session cookie alone (T-27): the signature is valid, the session has not ended, and
/// the user exists.
pub(crate) async fn signed_in(app: &App, cookies: &CookieJar) -> Result<Option<SignedIn>, PageError> {
    let Some(session) = verified(app, cookies).await else { return Ok(None) };
    let user = app.sessions.person(&app.users, &session).await?;
    Ok(user.map(|user| SignedIn { session, user }))
}

/// Returns the signed-in user if they signed in recently (step-up).
pub(crate) async fn recently_signed_in(app: &App, cookies: &CookieJar) -> Result<Option<SignedIn>, PageError> {
    let signed_in = signed_in(app, cookies).await?;
    Ok(signed_in.filter(|signed_in| signed_in.session.is_recent(app.now())))
}

/// How a user signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignInMethod {
    Password,
    Passkey,
    /// The first password of an account, whose first browser is no news.
    NewAccount,
}

/// Starts a session and sets its cookie. Any previous session of this browser is revoked, since its cookie is about to be
/// overwritten. Notifies the user on the first sign-in from a new browser.
pub(crate) async fn start(
    app: &App,
    user: &User,
    method: SignInMethod,
    browser: &BrowserName,
    cookies: CookieJar,
) -> Result<CookieJar, PageError> {
    let now = app.now();
    let session =
        Session::begin(user.user_id.clone(), user.credential_epoch, session_id(app), lifetime(app.public_url()), now);
    let session = session.with_passkey(method == SignInMethod::Passkey);
    let secret = cookies::browser_secret(app, &cookies);
    let is_new = app.notifications.is_new(&session.sub, &secret.hash(), now).await?;
    if is_new && method != SignInMethod::NewAccount {
        let what = NotificationKind::NewBrowser { browser: browser.as_str().into() };
        app.notifications.add(&session.sub, &Notification { id: app.random.id(), at: now, what }).await?;
        tracing::info!(event = jean_runtime::event::NEW_BROWSER, user_id = %session.sub, "first sign-in from this browser");
    }
    app.sessions.begin(&session, browser.as_str()).await?;
    if let Some(previous) = verified(app, &cookies).await {
        app.sessions.end(&previous.sub, &previous.sid).await?;
    }
    tracing::info!(event = jean_runtime::event::SIGN_IN, user_id = %session.sub, "signed in");
    let cookie = session_cookie::set(app.public_url(), session.sign(&app.root_keys()));
    let known = cookies::known_accounts(app, &cookies, &secret, &user.email.key());
    Ok(cookies.add(cookies::browser(app, &secret)).add(known).add(cookie))
}

/// Notifies the user of a new password and continues this browser's session under the new credentials; all other sessions
/// have ended.
pub(crate) async fn after_new_password(
    app: &App,
    signed_in: SignedIn,
    browser: &BrowserName,
    cookies: CookieJar,
) -> Result<CookieJar, PageError> {
    let SignedIn { session, user } = signed_in;
    notify_of_new_password(app, &user, browser).await?;
    app.sessions.end_all(&user.user_id, None).await?;
    let session = Session { sid: session_id(app), epoch: user.credential_epoch.next(), ..session };
    app.sessions.begin(&session, browser.as_str()).await?;
    Ok(cookies.add(session_cookie::set(app.public_url(), session.sign(&app.root_keys()))))
}

/// Notifies the user of a new password, which could be an intruder's.
pub(crate) async fn notify_of_new_password(app: &App, user: &User, browser: &BrowserName) -> Result<(), PageError> {
    let what = NotificationKind::NewPassword { browser: browser.as_str().into() };
    app.notifications.add(&user.user_id, &Notification { id: app.random.id(), at: app.now(), what }).await?;
    Ok(())
}

fn session_id(app: &App) -> SessionId {
    (app.random.id() + &app.random.id()).parse().expect("hexadecimal digits")
}

/// Ends the session and clears its cookie.
pub(crate) async fn end(app: &App, session: &Session, cookies: CookieJar) -> Result<CookieJar, PageError> {
    app.sessions.end(&session.sub, &session.sid).await?;
    tracing::info!(event = jean_runtime::event::SIGN_OUT, user_id = %session.sub, "signed out");
    Ok(cookies.add(session_cookie::clear(app.public_url())))
}

/// Returns the session of the cookie if its signature is valid and it has not expired. It may have been revoked.
async fn verified(app: &App, cookies: &CookieJar) -> Option<Session> {
    let signed = session_cookie::read(app.public_url(), cookies)?;
    app.verify_session(signed).await.ok()
}
