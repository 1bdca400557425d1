//! Changing a password by whoever is signed in, and proved it just now.

use axum::response::Response;
use axum_extra::extract::CookieJar;
use http::StatusCode;
use jean_auth::{
    password::Password,
    session::{Form, form_token, is_form_token},
};
use jean_pages::{Language, SameOriginForm, page::redirect};

use crate::{
    app::App,
    cookies,
    error::PageError,
    password,
    texts::Texts,
    transaction::{self, SignedIn},
};

/// What the form is bound to, beside the sign-in.
const REQUEST: &str = "/account/password";

/// `GET /account/password`
pub(crate) async fn show(app: &App, language: Language, cookies: &CookieJar) -> Result<Response, PageError> {
    Ok(match transaction::just_signed_in(app, cookies).await? {
        Some(signed_in) => ask(app, language, &signed_in, StatusCode::OK, ""),
        None => sign_in_first(),
    })
}

/// `POST /account/password`: whoever else is signed in, with the old password, is out.
pub(crate) async fn save(
    app: &App,
    language: Language,
    cookies: &CookieJar,
    form: &SameOriginForm,
) -> Result<Response, PageError> {
    let Some(signed_in) = transaction::just_signed_in(app, cookies).await? else { return Ok(sign_in_first()) };
    let SignedIn { session, user } = &signed_in;
    if !is_form_token(form.field("token"), Form::Password, session.sid.as_str(), REQUEST, app.keys()) {
        return Ok(redirect(REQUEST));
    }
    let Ok(password) = Password::chosen(form.field("password")) else {
        let problem = Texts::of(language).password_refused;
        return Ok(ask(app, language, &signed_in, StatusCode::UNPROCESSABLE_ENTITY, problem));
    };
    let hash = app.hasher.hash(&password, app.random.bytes());
    app.users.change_password(&user.user_id, &hash).await?;
    app.sessions.end_all(&user.user_id, Some(&session.sid)).await?;
    tracing::info!(event = jean_runtime::event::PASSWORD, user_id = %user.user_id, "password changed");
    Ok(redirect("/account/security"))
}

fn sign_in_first() -> Response {
    redirect("/account/sign-in?return_to=%2Faccount%2Fpassword")
}

fn ask(app: &App, language: Language, signed_in: &SignedIn, status: StatusCode, problem: &str) -> Response {
    let sid = signed_in.session.sid.as_str();
    let texts = Texts::of(language);
    let page = password::PasswordPage {
        texts,
        title: texts.choose_password,
        form: REQUEST.to_owned().into(),
        // The sign-in is what it is bound to: there is no page to name.
        binding: cookies::Binding { page: String::new(), token: form_token(Form::Password, sid, REQUEST, app.keys()) },
        account: Some(&signed_in.user.email),
        email: "",
        problem,
    };
    jean_pages::page::page(status, language, &app.look, texts.choose_password, &page)
}
