//! The sign-in page, and sign-in and sign-out while a client is being connected.

use askama::Template;
use axum::{
    extract::RawQuery,
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use http::StatusCode;
use jean_auth::{
    authorization::Prompt,
    known_client::Identity,
    parameters::Parameters,
    return_to::ReturnTo,
    session::{Form, form_token},
    sign_up::SignUp,
};
use jean_pages::{
    FieldProblem, Language, SameOriginForm, Texts,
    page::{self, redirect},
};
use jean_runtime::SourceAddress;
use jean_sign_in::{
    BrowserName, cookies,
    session::{self, SignInMethod, SignedIn},
};
use jiff::Timestamp;

use crate::{
    app::App, error::PageError, failed_sign_in::FailedSignIn, passkey_auth, password_auth,
    provider_buttons::ProviderButtons, relying_party::Ceremony, sign_up, transaction::Transaction,
};

/// The reason for a sign-in, and the URLs to return to on success and on failure.
pub(crate) struct SignInPurpose<'a> {
    /// The client to connect. `None` for the account pages.
    client: Option<Identity<'a>>,
    /// The email address to fill in.
    email: Option<&'a str>,
    /// The query string of the page, which the form is bound to.
    query: String,
    page: &'static str,
    /// `true` if the client demands a sign-in, even of a user who is signed in.
    asks_again: bool,
    /// The session of a user who has to confirm their identity.
    confirms: Option<&'a SignedIn>,
    form: &'static str,
    after: ReturnTo,
}

impl<'a> SignInPurpose<'a> {
    /// Connecting a client.
    pub(crate) fn connection(transaction: &'a Transaction) -> Self {
        let page = "/oauth/authorize";
        Self {
            client: Some(transaction.destination.identity(&transaction.client)),
            email: transaction.request.login_hint.as_deref(),
            query: transaction.query.clone(),
            asks_again: transaction.request.prompt == Prompt::Login || transaction.request.max_age.is_some(),
            confirms: None,
            page,
            form: "/oauth/sign-in",
            after: ReturnTo::after_sign_in(&transaction.parameters),
        }
    }

    /// Opening the account pages. A user who is signed in confirms their identity if the page requires a recent sign-in.
    pub(crate) fn account(return_to: &ReturnTo, signed_in: Option<&'a SignedIn>, now: Timestamp) -> Self {
        let page = "/account/sign-in";
        let email = signed_in.map(|signed_in| signed_in.user.email.as_str());
        let confirms =
            signed_in.filter(|signed_in| return_to.is_inner_account_page() && !signed_in.session.is_recent(now));
        let (query, after) = (return_to.query(), return_to.clone());
        Self { client: None, email, query, page, asks_again: false, confirms, form: page, after }
    }

    fn title(&self, texts: Texts) -> &'static str {
        if self.confirms.is_some() { texts.confirm_identity() } else { texts.sign_in() }
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    texts: Texts,
    purpose: &'a SignInPurpose<'a>,
    providers: Option<ProviderButtons<'a>>,
    binding: cookies::Binding,
    email: &'a str,
    problem: FieldProblem,
    /// `true` if the user's session began too long ago. A provider may have begun a later one by itself.
    is_old: bool,
    passkey: Option<PasskeyForm>,
    /// The URL of the sign-up page, if sign-up is open.
    sign_up: Option<String>,
}

struct PasskeyForm {
    ceremony: Ceremony,
    seal: String,
}

/// The sign-in page. After a failed attempt it shows the email address again, and the same message for a wrong password
/// and an unknown address (AS-19).
pub(crate) fn page(app: &App, language: Language, purpose: &SignInPurpose<'_>, cookies: CookieJar) -> Response {
    let texts = Texts::of(language);
    let (cookies, failed) = FailedSignIn::take(app, cookies);
    let (problem, typed) = match failed {
        Some(FailedSignIn::Password { email }) => {
            (FieldProblem::at("password", texts.incorrect_password()), Some(email))
        }
        Some(FailedSignIn::Passkey) => (FieldProblem::of_form(texts.unknown_passkey()), None),
        None => (FieldProblem::default(), None),
    };
    let email = typed.or_else(|| purpose.email.map(String::from)).unwrap_or_default();
    let hint = (email.as_str(), purpose.asks_again);
    let (cookies, bound) = cookies::bind(app, cookies);
    let binding = bound.form(app, Form::SignIn, &purpose.query);
    let providers = ProviderButtons::of(app, texts, &bound, &purpose.after, hint);
    // The ceremony's state is in the form, sealed for this page. Nothing is written before the challenge is answered.
    let ceremony = app.relying_party.as_ref().and_then(|party| party.authenticate(app.now()));
    let passkey = ceremony.map(|ceremony| PasskeyForm {
        seal: form_token(Form::Passkey, &binding.page, &ceremony.state, &app.root_keys()),
        ceremony,
    });
    let sign_up = (app.sign_up == SignUp::Open && purpose.confirms.is_none()).then(|| sign_up::url(&purpose.after));
    let is_old = purpose.confirms.is_some_and(|signed_in| !signed_in.session.has_begun_recently(app.now()));
    let title = purpose.title(texts);
    let page = SignInPage { texts, purpose, providers, binding, email: &email, problem, is_old, passkey, sign_up };
    (cookies, page::page_with_script(StatusCode::OK, language, &app.branding, title, &page)).into_response()
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
    let transaction = Transaction::read(&app, query, &source, &cookies).await?;
    with_form(&app, &SignInPurpose::connection(&transaction), &source, &browser, cookies, &form).await
}

/// Authenticates by password or passkey, starts a session and redirects.
pub(crate) async fn with_form(
    app: &App,
    purpose: &SignInPurpose<'_>,
    source: &SourceAddress,
    browser: &BrowserName,
    cookies: CookieJar,
    form: &SameOriginForm,
) -> Result<Response, PageError> {
    if !cookies::is_bound(app, &cookies, Form::SignIn, &purpose.query, form) {
        return Err(PageError::NoCookie);
    }
    let page = format!("{}?{}", purpose.page, purpose.query);
    let (user, method, failed) = match form.field("credential") {
        "" => {
            let email = form.field("email");
            let user = password_auth::authenticate(app, source, &cookies, email, form.field("password")).await;
            (user, SignInMethod::Password, FailedSignIn::Password { email: email.into() })
        }
        response => {
            let user = passkey_auth::authenticate(app, source, form, response).await;
            (user, SignInMethod::Passkey, FailedSignIn::Passkey)
        }
    };
    let Some(user) = user.map_err(|error| error.on_page(page.clone()))? else {
        // The error is shown after a redirect, so that neither a reload nor the back button sends the password again.
        return Ok((cookies.add(failed.cookie(app)), redirect(&page)).into_response());
    };
    let cookies = session::start(app, &user, method, browser, cookies).await?;
    Ok((cookies, redirect(purpose.after.as_str())).into_response())
}

/// `POST /oauth/sign-out`: ends the session and shows the request again, for another user.
pub(crate) async fn sign_out(
    app: App,
    RawQuery(query): RawQuery,
    cookies: CookieJar,
    form: SameOriginForm,
) -> Result<Response, PageError> {
    let query = Parameters::from_page(query.unwrap_or_default().as_bytes()).query_without(&[]);
    let back = redirect(&format!("/oauth/authorize?{query}"));
    let Some(signed_in) = session::signed_in(&app, &cookies).await? else { return Ok(back) };
    if !signed_in.has_token(&app, form.field("token"), Form::SignOut, &query) {
        return Ok(back);
    }
    Ok((session::end(&app, &signed_in.session, cookies).await?, back).into_response())
}
