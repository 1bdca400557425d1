//! `/account/password` without a link: a signed-in user changes their password after a recent sign-in.

use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use jean_auth::{
    password::Password,
    session::{Form, form_token, is_form_token},
    user::User,
};
use jean_pages::{Language, SameOriginForm, Texts, account::sign_in_first, page::redirect};

use crate::{
    app::App,
    browser::BrowserName,
    cookies::Binding,
    error::PageError,
    password_form::{PasswordForm, problem, rules},
    session::{self, SignedIn},
};

const PATH: &str = "/account/password";

/// `GET /account/password`
pub(crate) async fn show(app: &App, language: Language, cookies: &CookieJar) -> Result<Response, PageError> {
    Ok(match session::recently_signed_in(app, cookies).await? {
        Some(signed_in) => page(app, language, &signed_in, has_passkey(app, &signed_in.user).await?, ""),
        None => sign_in_first(PATH),
    })
}

/// `POST /account/password`: sets the password and ends all other sessions, which may belong to an attacker who knows
/// the old password.
pub(crate) async fn save(
    app: &App,
    language: Language,
    browser: &BrowserName,
    cookies: CookieJar,
    form: &SameOriginForm,
) -> Result<Response, PageError> {
    let Some(signed_in) = session::recently_signed_in(app, &cookies).await? else { return Ok(sign_in_first(PATH)) };
    let SignedIn { session, user } = &signed_in;
    if !is_form_token(form.field("token"), Form::Password, session.sid.as_str(), PATH, app.keys()) {
        return Ok(redirect(PATH));
    }
    let has_passkey = has_passkey(app, user).await?;
    let password = match Password::chosen(form.field("password"), &rules(app, user.email.as_str(), has_passkey)) {
        Ok(password) => password,
        Err(invalid) => {
            return Ok(page(app, language, &signed_in, has_passkey, &problem(Texts::of(language), invalid)));
        }
    };
    let hash = app.hasher.hash(&password, app.random.bytes());
    if !app.users.change_password(user, &hash).await? {
        // A concurrent request has set another password, which has ended this session.
        return Ok(sign_in_first(PATH));
    }
    tracing::info!(event = jean_runtime::event::PASSWORD, user_id = %user.user_id, "password changed");
    let cookies = session::after_new_password(app, signed_in, browser, cookies).await?;
    Ok((cookies, redirect("/account/security")).into_response())
}

/// `true` if the user can sign in with a passkey, beside which a shorter password suffices (SR-16).
pub(crate) async fn has_passkey(app: &App, user: &User) -> Result<bool, PageError> {
    Ok(!app.passkeys.list(&user.user_id).await?.is_empty())
}

fn page(app: &App, language: Language, signed_in: &SignedIn, has_passkey: bool, problem: &str) -> Response {
    // The form is bound to the session, so it needs no page cookie.
    let token = form_token(Form::Password, signed_in.session.sid.as_str(), PATH, app.keys());
    let form = PasswordForm {
        title: Texts::of(language).choose_password(),
        action: PATH.to_owned().into(),
        binding: Binding { page: String::new(), token },
        account: Some(&signed_in.user.email),
        email: "",
        minimum: rules(app, "", has_passkey).minimum(),
        problem,
    };
    form.page(app, language)
}
