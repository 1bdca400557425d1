//! Sessions: reading, starting and ending them.

use std::ops::Deref;

use axum_extra::extract::CookieJar;
use jean_auth::{
    session::{Form, Session, SessionId, form_token, is_form_token, lifetime},
    user::{AttemptedAddress, User, UserId},
};
use jean_pages::session_cookie;
use jean_runtime::{Context, RootKeys};
use jean_store::{
    StoreError,
    notifications::{Notification, NotificationKind},
};
use jiff::Timestamp;

use crate::{BrowserName, SignIns, cookies};

/// The signed-in user and their session.
#[derive(Debug)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// The user.
    pub user: User,
}

/// Returns the signed-in user, by the session cookie alone (T-27): the signature is valid, the session has not ended, and
/// the user exists.
pub async fn signed_in<A: Deref<Target = SignIns>>(
    app: &Context<A, RootKeys>,
    cookies: &CookieJar,
) -> Result<Option<SignedIn>, StoreError> {
    let Some(session) = verified(app, cookies).await else { return Ok(None) };
    let found = app.sessions.person(&app.users, &session).await?;
    Ok(found.map(|(user, _)| SignedIn { session, user }))
}

impl SignedIn {
    /// The token that binds a form to this session and to a request, such as the path that the form is sent to.
    pub fn token<A>(&self, app: &Context<A, RootKeys>, form: Form, request: &str) -> String {
        form_token(form, self.session.sid.as_str(), request, &app.root_keys())
    }

    /// `true` if the token binds the form to this session and request.
    pub fn has_token<A>(&self, app: &Context<A, RootKeys>, token: &str, form: Form, request: &str) -> bool {
        is_form_token(token, form, self.session.sid.as_str(), request, &app.root_keys())
    }
}

/// A user with a recent sign-in (step-up), which changes to credentials require. Another user of an unattended browser could
/// otherwise take the account over. Handlers with this argument redirect all other requests to sign-in and back.
#[derive(Debug)]
pub struct RecentlySignedIn(SignedIn);

impl RecentlySignedIn {
    /// Returns the signed-in user if they signed in recently.
    pub async fn find<A: Deref<Target = SignIns>>(
        app: &Context<A, RootKeys>,
        cookies: &CookieJar,
    ) -> Result<Option<Self>, StoreError> {
        let signed_in = signed_in(app, cookies).await?;
        Ok(signed_in.filter(|signed_in| signed_in.session.is_recent(app.now())).map(Self))
    }
}

impl Deref for RecentlySignedIn {
    type Target = SignedIn;

    fn deref(&self) -> &SignedIn {
        &self.0
    }
}

/// The method of a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInMethod {
    /// With a password.
    Password,
    /// With a passkey.
    Passkey,
    /// With an account of an identity provider, which authenticated the user.
    Provider {
        /// The time of the sign-in, or of an earlier authentication at the provider.
        at: Timestamp,
        /// `true` if the provider may have answered by itself ([`Session::silent`]).
        silent: bool,
    },
    /// The first sign-in to an account. The browser is no news.
    NewAccount,
}

/// The reason why no session starts.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// The account is disabled. Shown only after a credential of the account has been proven (SR-33).
    #[error("account disabled")]
    Disabled,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Starts a session and sets its cookie. Every method of signing in ends here, so none can ignore that an account is disabled.
/// Any previous session of this browser is revoked, since its cookie is about to be overwritten. Notifies the
/// user on the first sign-in from a new browser.
pub async fn start<A: Deref<Target = SignIns>>(
    app: &Context<A, RootKeys>,
    user: &User,
    method: SignInMethod,
    browser: &BrowserName,
    cookies: CookieJar,
) -> Result<CookieJar, NotStarted> {
    if user.is_disabled {
        tracing::info!(event = jean_runtime::event::SIGN_IN_REFUSED, user_id = %user.user_id, "sign-in to a disabled account refused");
        return Err(NotStarted::Disabled);
    }
    let now = app.now();
    let session =
        Session::begin(user.user_id.clone(), user.credential_epoch, session_id(app), lifetime(app.public_url()), now);
    let session = match method {
        SignInMethod::Passkey => session.with_passkey(true),
        SignInMethod::Provider { at, silent } => Session { auth_time: at.min(now).as_second(), silent, ..session },
        SignInMethod::Password | SignInMethod::NewAccount => session,
    };
    let secret = cookies::browser_secret(app, &cookies);
    let notification = (method != SignInMethod::NewAccount)
        .then(|| notification(app, NotificationKind::NewBrowser { browser: browser.as_str().into() }));
    let (user_id, browser_id) = (&session.sub, secret.hash());
    let is_new = app.notifications.add_for_browser(user_id, &browser_id, notification.as_ref(), now).await?;
    if is_new && notification.is_some() {
        tracing::info!(event = jean_runtime::event::NEW_BROWSER, user_id = %session.sub, "first sign-in from this browser");
    }
    app.sessions.begin(&session, browser.as_str()).await?;
    if let Some(previous) = verified(app, &cookies).await {
        app.sessions.end(&previous.sub, &previous.sid).await?;
    }
    tracing::info!(event = jean_runtime::event::SIGN_IN, user_id = %session.sub, "signed in");
    let cookie = session_cookie::set(app.public_url(), session.sign(&app.root_keys()));
    let known = cookies::known_accounts(app, &cookies, &secret, &AttemptedAddress::of(user.email.as_str()));
    Ok(cookies.add(cookies::browser(app, &secret)).add(known).add(cookie))
}

/// Notifies the user of a new password and continues this browser's session under the new credentials; all other sessions
/// have ended.
pub async fn after_new_password<A: Deref<Target = SignIns>>(
    app: &Context<A, RootKeys>,
    signed_in: RecentlySignedIn,
    browser: &BrowserName,
    cookies: CookieJar,
) -> Result<CookieJar, StoreError> {
    let SignedIn { session, user } = signed_in.0;
    notify_of_new_password(app, &user, browser).await?;
    app.sessions.end_all(&user.user_id, None).await?;
    let session = Session { sid: session_id(app), epoch: user.credential_epoch.next(), ..session };
    app.sessions.begin(&session, browser.as_str()).await?;
    Ok(cookies.add(session_cookie::set(app.public_url(), session.sign(&app.root_keys()))))
}

/// Notifies the user of a new password, which could be an intruder's.
pub async fn notify_of_new_password<A: Deref<Target = SignIns>>(
    app: &Context<A, RootKeys>,
    user: &User,
    browser: &BrowserName,
) -> Result<(), StoreError> {
    let what = NotificationKind::NewPassword { browser: browser.as_str().into() };
    notify(app, &user.user_id, what).await
}

/// Notifies a user of an event.
pub async fn notify<A: Deref<Target = SignIns>>(
    app: &Context<A, RootKeys>,
    user_id: &UserId,
    what: NotificationKind,
) -> Result<(), StoreError> {
    app.notifications.add(user_id, &notification(app, what)).await
}

fn notification<A: Deref<Target = SignIns>>(app: &Context<A, RootKeys>, what: NotificationKind) -> Notification {
    Notification { id: app.random.id(), at: app.now(), what }
}

fn session_id<A: Deref<Target = SignIns>>(app: &Context<A, RootKeys>) -> SessionId {
    (app.random.id() + &app.random.id()).parse().expect("hexadecimal digits")
}

/// Ends the session and clears its cookie.
pub async fn end<A: Deref<Target = SignIns>>(
    app: &Context<A, RootKeys>,
    session: &Session,
    cookies: CookieJar,
) -> Result<CookieJar, StoreError> {
    app.sessions.end(&session.sub, &session.sid).await?;
    tracing::info!(event = jean_runtime::event::SIGN_OUT, user_id = %session.sub, "signed out");
    Ok(cookies.add(session_cookie::clear(app.public_url())))
}

/// Returns the session of the cookie if its signature is valid and it has not expired. It may have been revoked.
async fn verified<A: Deref<Target = SignIns>>(app: &Context<A, RootKeys>, cookies: &CookieJar) -> Option<Session> {
    let signed = session_cookie::read(app.public_url(), cookies)?;
    app.verify_session(signed).await.ok()
}
