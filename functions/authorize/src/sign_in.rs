//! Signing in with a password, and out.

use askama::Template;
use auth::{
    parameters::Parameters,
    password::Password,
    session::{Form, Session, is_form_token},
    user::Email,
};
use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use http::StatusCode;
use jiff::SignedDuration;
use store::throttles::Limit;
use web::{Language, SourceAddress, page};

use crate::{
    App, cookies,
    error::PageError,
    form::SentForm,
    texts::Texts,
    transaction::{self, Transaction, redirect},
};

/// Wrong passwords for one account, wherever they come from (AS-19).
const PER_ACCOUNT: Limit = Limit { name: "sign-in-account", failures: 10, window: SignedDuration::from_mins(15) };
/// Wrong passwords from one address, whomever they are for.
const PER_SOURCE: Limit = Limit { name: "sign-in-source", failures: 50, window: SignedDuration::from_mins(15) };

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    texts: &'static Texts,
    client_name: &'a str,
    query: &'a str,
    binding: cookies::Binding,
    email: &'a str,
    problem: &'a str,
}

/// The page that asks who somebody is; after a try that failed, with what was typed, and one sentence for a wrong
/// password and for an unknown address (AS-19).
pub(crate) fn page(app: &App, language: Language, transaction: &Transaction, cookies: CookieJar) -> Response {
    let texts = Texts::of(language);
    let (cookies, refused) = cookies::take_refused(app, cookies);
    let problem = if refused.is_some() { texts.wrong } else { "" };
    let email = refused.or_else(|| transaction.request.login_hint.clone()).unwrap_or_default();
    let (cookies, binding) = cookies::bind(app, cookies, Form::SignIn, &transaction.query);
    let client_name = &transaction.client.client_name;
    let page = SignInPage { texts, client_name, query: &transaction.query, binding, email: &email, problem };
    (cookies, page::page(StatusCode::OK, language, &app.service_name, texts.sign_in, &page)).into_response()
}

/// `POST /oauth/sign-in`
pub(crate) async fn sign_in(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    source: SourceAddress,
    cookies: CookieJar,
    form: SentForm,
) -> Result<Response, PageError> {
    let transaction = Transaction::read(&app, query, &source).await?;
    if !cookies::is_bound(&app, &cookies, Form::SignIn, &transaction.query, &form) {
        return Err(PageError::NoCookie);
    }
    let Some(session) = authenticate(&app, &source, form.field("email"), form.field("password")).await? else {
        // Shown by the page itself, so that neither a reload nor the back button sends the password again.
        let again = redirect(&format!("/oauth/authorize?{}", transaction.query));
        return Ok((cookies.add(cookies::of_refused(&app, form.field("email"))), again).into_response());
    };
    app.sessions.begin(&session).await?;
    tracing::info!(user_id = %session.sub, "signed in");
    let location = format!("/oauth/authorize?{}", transaction.query_after_sign_in());
    Ok((cookies.add(cookies::of_session(&app, &session)), redirect(&location)).into_response())
}

/// A new sign-in, if address and password belong together.
async fn authenticate(
    app: &App,
    source: &SourceAddress,
    email: &str,
    password: &str,
) -> Result<Option<Session>, PageError> {
    let now = app.clock.now();
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
    match user.filter(|_| right) {
        Some(user) => {
            let sid = app.random.id() + &app.random.id();
            Ok(Some(Session::begin(user.user_id, sid.parse().expect("hexadecimal digits"), now)))
        }
        None => {
            tokio::try_join!(
                app.throttles.count(PER_ACCOUNT, &account, now),
                app.throttles.count(PER_SOURCE, &source, now)
            )?;
            tracing::info!("sign-in refused");
            Ok(None)
        }
    }
}

/// `POST /oauth/sign-out`: ends the sign-in and asks again, for somebody else.
pub(crate) async fn sign_out(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    cookies: CookieJar,
    form: SentForm,
) -> Result<Response, PageError> {
    let query = Parameters::from_form(query.unwrap_or_default().as_bytes()).query_without(&[]);
    let back = redirect(&format!("/oauth/authorize?{query}"));
    let Some(signed_in) = transaction::signed_in(&app, &cookies).await? else { return Ok(back) };
    if !is_form_token(form.field("token"), Form::SignOut, signed_in.session.sid.as_str(), &query, &app.keys.current()) {
        return Ok(back);
    }
    app.sessions.end(&signed_in.session.sub, &signed_in.session.sid).await?;
    tracing::info!(user_id = %signed_in.session.sub, "signed out");
    Ok((cookies.add(cookies::without_session(&app)), back).into_response())
}
