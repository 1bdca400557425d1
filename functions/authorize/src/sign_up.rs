//! Making an account without being invited, where the operator lets anybody in.

use std::str::FromStr;

use axum::{
    extract::RawQuery,
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use http::StatusCode;
use jean_auth::{
    password::Password,
    session::Form,
    user::{Email, User},
};
use jean_pages::{
    Language, SameOriginForm,
    page::{self, redirect},
};
use jean_runtime::SourceAddress;
use jean_store::{login_throttles::ThrottlePolicy, users::Added};
use jiff::SignedDuration;

use crate::{
    app::App, browser::BrowserName, cookies, error::PageError, password::PasswordPage, return_to::ReturnTo, sign_in,
    texts::Texts,
};

const PATH: &str = "/account/sign-up";
/// New accounts, and tries to make one, from one address.
const PER_SOURCE: ThrottlePolicy =
    ThrottlePolicy { name: "sign-up-source", failures: 10, window: SignedDuration::from_hours(1) };

/// Whether anybody may make an account: the setting, `open` or `closed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignUp {
    Open,
    Closed,
}

/// The setting is neither.
#[derive(Debug, thiserror::Error)]
#[error("it must be open or closed")]
pub(crate) struct NeitherOpenNorClosed;

impl FromStr for SignUp {
    type Err = NeitherOpenNorClosed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "open" => Ok(Self::Open),
            "closed" => Ok(Self::Closed),
            _ => Err(NeitherOpenNorClosed),
        }
    }
}

/// The address of the page, for whoever is on the way to somewhere.
pub(crate) fn address(return_to: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("return_to", return_to).finish();
    format!("{PATH}?{query}")
}

/// `GET /account/sign-up?return_to=…`
pub(crate) async fn show(app: App, RawQuery(query): RawQuery, language: Language, cookies: CookieJar) -> Response {
    if app.sign_up == SignUp::Closed {
        return redirect("/account");
    }
    ask(&app, language, &ReturnTo::read(query), cookies, StatusCode::OK, "", "")
}

/// `POST /account/sign-up?return_to=…`: makes the account, and signs in.
pub(crate) async fn make(
    app: App,
    RawQuery(query): RawQuery,
    language: Language,
    source: SourceAddress,
    browser: BrowserName,
    cookies: CookieJar,
    form: SameOriginForm,
) -> Result<Response, PageError> {
    if app.sign_up == SignUp::Closed {
        return Ok(redirect("/account"));
    }
    let (return_to, texts, now) = (ReturnTo::read(query), Texts::of(language), app.now());
    if !cookies::is_bound(&app, &cookies, Form::SignUp, &return_to.to_string(), &form) {
        return Err(PageError::NoCookie);
    }
    let again = |problem| {
        let (cookies, status) = (cookies.clone(), StatusCode::UNPROCESSABLE_ENTITY);
        Ok(ask(&app, language, &return_to, cookies, status, form.field("email"), problem))
    };
    let Ok(email) = form.field("email").parse::<Email>() else { return again(texts.enter_email) };
    let Ok(password) = Password::chosen(form.field("password")) else { return again(texts.password_refused) };
    if let Some(wait) = app.throttles.wait(PER_SOURCE, &source.throttle_key(), now).await? {
        return Err(PageError::Throttled(wait));
    }
    app.throttles.count(PER_SOURCE, &source.throttle_key(), now).await?;
    let password = app.hasher.hash(&password, app.random.bytes());
    let user_id: jean_auth::user::UserId = app.random.id().parse().expect("hexadecimal digits");
    let user = User { user_id: user_id.clone(), email, created_at: now, password: Some(password) };
    let user_id = match app.users.add(&user).await? {
        Added::Yes => {
            tracing::info!(event = jean_runtime::event::SIGN_UP, %user_id, "account made");
            user_id
        }
        // A second click, or somebody who forgot that they have one, is signed in with the password it has.
        Added::EmailTaken => {
            match sign_in::authenticate(&app, &source, form.field("email"), form.field("password")).await? {
                Some(user) => user.user_id,
                None => return again(texts.email_taken),
            }
        }
    };
    let cookies = sign_in::begin(&app, user_id, &browser, cookies.clone()).await?;
    Ok((cookies, redirect(&return_to.to_string())).into_response())
}

fn ask(
    app: &App,
    language: Language,
    return_to: &ReturnTo,
    cookies: CookieJar,
    status: StatusCode,
    email: &str,
    problem: &str,
) -> Response {
    let (texts, return_to) = (Texts::of(language), return_to.to_string());
    let (cookies, binding) = cookies::bind(app, cookies, Form::SignUp, &return_to);
    let title = texts.make_account;
    let form = address(&return_to).into();
    let page = PasswordPage { texts, title, form, binding, account: None, email, problem };
    (cookies, page::page(status, language, &app.look, title, &page)).into_response()
}
