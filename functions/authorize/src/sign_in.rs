//! Signing in with a password, and out.

use askama::Template;
use axum::{
    extract::RawQuery,
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use http::StatusCode;
use jean_auth::{
    parameters::Parameters,
    password::Password,
    session::{Form, Session, form_token, is_form_token},
    user::{Email, User, UserId},
};
use jean_pages::{
    Language, SameOriginForm,
    page::{self, redirect},
};
use jean_runtime::SourceAddress;
use jean_store::{
    login_throttles::ThrottlePolicy,
    notifications::{Notification, NotificationKind},
};
use jiff::SignedDuration;

use crate::{
    app::App,
    browser::BrowserName,
    cookies::{self, Refused},
    error::PageError,
    relying_party::{CHALLENGE_LIFETIME, Ceremony, passkey_of},
    return_to::ReturnTo,
    sign_up::{self, SignUp},
    texts::Texts,
    transaction::{self, Transaction},
};

/// Wrong passwords for one account, wherever they come from (AS-19).
const PER_ACCOUNT: ThrottlePolicy =
    ThrottlePolicy { name: "sign-in-account", failures: 10, window: SignedDuration::from_mins(15) };
/// Wrong passwords from one address, whomever they are for.
const PER_SOURCE: ThrottlePolicy =
    ThrottlePolicy { name: "sign-in-source", failures: 50, window: SignedDuration::from_mins(15) };

/// What somebody signs in for, and where they go before and after.
pub(crate) struct Purpose<'a> {
    /// The app they connect; none: they go to their own account.
    client_name: Option<&'a str>,
    /// An address they may have.
    email: Option<&'a str>,
    /// The request, as the page has it in its query and the form is bound to it.
    query: String,
    page: &'static str,
    form: &'static str,
    after: String,
}

impl<'a> Purpose<'a> {
    /// To connect a client.
    pub(crate) fn connection(transaction: &'a Transaction) -> Self {
        let page = "/oauth/authorize";
        Self {
            client_name: Some(&transaction.client.client_name),
            email: transaction.request.login_hint.as_deref(),
            query: transaction.query.clone(),
            page,
            form: "/oauth/sign-in",
            after: format!("{page}?{}", transaction.query_after_sign_in()),
        }
    }

    /// To see, or to change, one's own account.
    pub(crate) fn account(return_to: &ReturnTo, email: Option<&'a Email>) -> Self {
        let after = return_to.to_string();
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("return_to", &after).finish();
        let page = "/account/sign-in";
        Self { client_name: None, email: email.map(Email::as_str), query, page, form: page, after }
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    texts: &'static Texts,
    purpose: &'a Purpose<'a>,
    binding: cookies::Binding,
    email: &'a str,
    problem: &'a str,
    passkey: Option<Passkey>,
    /// Where an account is made, if anybody may.
    sign_up: Option<String>,
}

/// What asks for a passkey.
struct Passkey {
    ceremony: Ceremony,
    seal: String,
}

/// The page that asks who somebody is; after a try that failed, with what was typed, and one sentence for a wrong
/// password and for an unknown address (AS-19).
pub(crate) fn page(app: &App, language: Language, purpose: &Purpose<'_>, cookies: CookieJar) -> Response {
    let texts = Texts::of(language);
    let (cookies, refused) = cookies::take_refused(app, cookies);
    let (problem, typed) = match refused {
        Some(Refused::Password { email }) => (texts.wrong, Some(email)),
        Some(Refused::Passkey) => (texts.unknown_passkey, None),
        None => ("", None),
    };
    let email = typed.or_else(|| purpose.email.map(String::from)).unwrap_or_default();
    let (cookies, binding) = cookies::bind(app, cookies, Form::SignIn, &purpose.query);
    // Asking takes no write: the state goes along, sealed for this page, and is noted when it was answered.
    let ceremony = app.relying_party.as_ref().and_then(|party| party.authenticate(app.now()));
    let passkey = ceremony.map(|ceremony| Passkey {
        seal: form_token(Form::Passkey, &binding.page, &ceremony.state, app.keys()),
        ceremony,
    });
    let sign_up = (app.sign_up == SignUp::Open).then(|| sign_up::address(&purpose.after));
    let page = SignInPage { texts, purpose, binding, email: &email, problem, passkey, sign_up };
    (cookies, page::page_with_passkeys(StatusCode::OK, language, &app.look, texts.sign_in, &page)).into_response()
}

/// `POST /oauth/sign-in`
pub(crate) async fn sign_in(
    app: App,
    RawQuery(query): RawQuery,
    source: SourceAddress,
    browser: BrowserName,
    cookies: CookieJar,
    form: SameOriginForm,
) -> Result<Response, PageError> {
    let transaction = Transaction::read(&app, query, &source).await?;
    with_form(&app, &Purpose::connection(&transaction), &source, &browser, cookies, &form).await
}

/// Signs in whoever sent address and password, or the answer of a passkey, and sends them on.
pub(crate) async fn with_form(
    app: &App,
    purpose: &Purpose<'_>,
    source: &SourceAddress,
    browser: &BrowserName,
    cookies: CookieJar,
    form: &SameOriginForm,
) -> Result<Response, PageError> {
    if !cookies::is_bound(app, &cookies, Form::SignIn, &purpose.query, form) {
        return Err(PageError::NoCookie);
    }
    let (user, refused) = match form.field("credential") {
        "" => {
            let email = form.field("email");
            let user = authenticate(app, source, email, form.field("password")).await?;
            (user, Refused::Password { email: email.into() })
        }
        answer => (with_passkey(app, source, form, answer).await?, Refused::Passkey),
    };
    let Some(user) = user else {
        // Shown by the page itself, so that neither a reload nor the back button sends the password again.
        let again = redirect(&format!("{}?{}", purpose.page, purpose.query));
        return Ok((cookies.add(cookies::of_refused(app, &refused)), again).into_response());
    };
    let cookies = begin(app, user.user_id, browser, cookies).await?;
    Ok((cookies, redirect(&purpose.after)).into_response())
}

/// Whose address and password these are.
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
    // The hash is computed for nobody too: the answer takes as long for an address that has no account.
    let hash = user.as_ref().and_then(|user| user.password.as_ref());
    let right = app.hasher.verify(&Password::shown(password), hash);
    if let Some(user) = user.filter(|_| right) {
        return Ok(Some(user));
    }
    tokio::try_join!(app.throttles.count(PER_ACCOUNT, &account, now), app.throttles.count(PER_SOURCE, &source, now))?;
    tracing::info!(event = jean_runtime::event::SIGN_IN_REFUSED, "sign-in refused");
    Ok(None)
}

/// Whose passkey answered the challenge of this page, which can be answered once.
async fn with_passkey(
    app: &App,
    source: &SourceAddress,
    form: &SameOriginForm,
    answer: &str,
) -> Result<Option<User>, PageError> {
    let (now, source) = (app.now(), source.throttle_key());
    if let Some(wait) = app.throttles.wait(PER_SOURCE, &source, now).await? {
        return Err(PageError::Throttled(wait));
    }
    let user = match answered(app, form, answer).await? {
        Some(user_id) => app.users.by_id(&user_id).await?,
        None => None,
    };
    if user.is_none() {
        app.throttles.count(PER_SOURCE, &source, now).await?;
        tracing::info!(event = jean_runtime::event::SIGN_IN_REFUSED, "sign-in refused");
    }
    Ok(user)
}

async fn answered(app: &App, form: &SameOriginForm, answer: &str) -> Result<Option<UserId>, PageError> {
    let (state, seal, now) = (form.field("state"), form.field("seal"), app.now());
    let sealed = is_form_token(seal, Form::Passkey, form.field("page"), state, app.keys());
    let (Some(party), Some(id)) = (app.relying_party.as_ref().filter(|_| sealed), passkey_of(answer)) else {
        return Ok(None);
    };
    let Some(passkey) = app.passkeys.find(&id).await? else { return Ok(None) };
    let Some(credential) = party.authenticated(state, answer, &passkey, now) else { return Ok(None) };
    if !app.challenges.answer(seal, &app.random.id(), now + CHALLENGE_LIFETIME).await? {
        return Ok(None);
    }
    if credential != passkey.credential {
        app.passkeys.count(&id, &credential).await?;
    }
    Ok(Some(passkey.user_id))
}

/// Begins a sign-in in this browser. One that it had before ends: nobody could end it from here any more. Its person is
/// told, if they never signed in from it.
pub(crate) async fn begin(
    app: &App,
    user_id: UserId,
    browser: &BrowserName,
    cookies: CookieJar,
) -> Result<CookieJar, PageError> {
    let now = app.now();
    let sid = app.random.id() + &app.random.id();
    let session = Session::begin(user_id, sid.parse().expect("hexadecimal digits"), now);
    let secret = cookies::browser(app, &cookies);
    if app.notices.is_new(&session.sub, &secret.hash(), now).await? {
        let what = NotificationKind::NewBrowser { browser: browser.as_str().into() };
        app.notices.add(&session.sub, &Notification { id: app.random.id(), at: now, what }).await?;
        tracing::info!(event = jean_runtime::event::NEW_BROWSER, user_id = %session.sub, "first sign-in from this browser");
    }
    app.sessions.begin(&session, browser.as_str()).await?;
    if let Some(before) = cookies::session(app, &cookies).await {
        app.sessions.end(&before.sub, &before.sid).await?;
    }
    tracing::info!(event = jean_runtime::event::SIGN_IN, user_id = %session.sub, "signed in");
    Ok(cookies.add(cookies::of_browser(app, &secret)).add(cookies::of_session(app, &session)))
}

/// `POST /oauth/sign-out`: ends the sign-in and asks again, for somebody else.
pub(crate) async fn sign_out(
    app: App,
    RawQuery(query): RawQuery,
    cookies: CookieJar,
    form: SameOriginForm,
) -> Result<Response, PageError> {
    let query = Parameters::from_page(query.unwrap_or_default().as_bytes()).query_without(&[]);
    let back = redirect(&format!("/oauth/authorize?{query}"));
    let Some(signed_in) = transaction::signed_in(&app, &cookies).await? else { return Ok(back) };
    if !is_form_token(form.field("token"), Form::SignOut, signed_in.session.sid.as_str(), &query, app.keys()) {
        return Ok(back);
    }
    Ok((end(&app, &signed_in.session, cookies).await?, back).into_response())
}

/// Ends the sign-in of this browser.
pub(crate) async fn end(app: &App, session: &Session, cookies: CookieJar) -> Result<CookieJar, PageError> {
    app.sessions.end(&session.sub, &session.sid).await?;
    tracing::info!(event = jean_runtime::event::SIGN_OUT, user_id = %session.sub, "signed out");
    Ok(cookies.add(cookies::without_session(app)))
}
