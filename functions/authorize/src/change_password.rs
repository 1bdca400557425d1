//! `/account/password` without a link: a signed-in user changes their password after a recent sign-in.

use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use jean_auth::{password::Password, session::Form, user::User};
use jean_pages::{
    Confirmation, FieldProblem, Language, SameOriginForm, Texts,
    account::{sign_in_before_form, sign_in_first},
};
use jean_sign_in::{AccountView, RecentlySignedIn, Visitor, cookies::Binding, session};

use crate::{
    app::App,
    error::PageError,
    other_access::{self, OtherAccess},
    password_auth,
    password_form::{END_ACCESS, PasswordForm, problem, rules},
};

const PATH: &str = "/account/password";

/// `GET /account/password`
pub(crate) async fn show(app: &App, language: Language, cookies: &CookieJar) -> Result<Response, PageError> {
    let Some(signed_in) = RecentlySignedIn::find(app, cookies).await? else { return Ok(sign_in_first(PATH)) };
    let done = Confirmation::read(app.public_url(), cookies);
    Ok(page(app, language, &PasswordChange::read(app, signed_in).await?, false, FieldProblem::default(), done))
}

/// The user who changes their password, and what the form depends on.
struct PasswordChange {
    signed_in: RecentlySignedIn,
    has_passkey: bool,
    other_access: OtherAccess,
}

impl PasswordChange {
    async fn read(app: &App, signed_in: RecentlySignedIn) -> Result<Self, PageError> {
        let has_passkey = has_passkey(app, &signed_in.user).await?;
        let other_access = OtherAccess::of(app, &signed_in.user.user_id).await?;
        Ok(Self { signed_in, has_passkey, other_access })
    }

    /// An attacker at an unattended browser could otherwise take the account over, so the current password is required, unless
    /// there is none or the user has just signed in with a passkey (SR-11).
    fn asks_current(&self) -> bool {
        !self.signed_in.session.passkey && self.signed_in.user.password.is_some()
    }
}

/// `POST /account/password`: sets the password and ends all other sessions, which may belong to an attacker who knows
/// the old password.
pub(crate) async fn save(
    app: &App,
    language: Language,
    visitor: &Visitor,
    cookies: CookieJar,
    form: &SameOriginForm,
) -> Result<Response, PageError> {
    let Some(signed_in) = RecentlySignedIn::find(app, &cookies).await? else {
        return Ok(sign_in_before_form(PATH, app.public_url()));
    };
    if !signed_in.has_token(app, form.field("token"), Form::Password, PATH) {
        return Ok(form.stale(PATH, app.public_url()).into_response());
    }
    let user = signed_in.user.clone();
    let (texts, ends) = (Texts::of(language), !form.field(END_ACCESS).is_empty());
    let change = PasswordChange::read(app, signed_in).await?;
    let email = user.email.as_str();
    let password = match Password::chosen(form.field("password"), &rules(app, email, change.has_passkey)) {
        Ok(password) => password,
        Err(invalid) => return Ok(page(app, language, &change, ends, problem(texts, invalid), None)),
    };
    if change.asks_current() {
        let current = form.field("current");
        if password_auth::authenticate(app, &visitor.source, &cookies, email, current).await?.is_none() {
            let problem = FieldProblem::at("current", texts.current_password_wrong());
            return Ok(page(app, language, &change, ends, problem, None));
        }
    }
    let hash = app.hasher.hash(&password, app.random.bytes());
    if ends {
        // Most of the work, while the form can be sent again after a failure: the new password ends this session.
        other_access::end_all(app, &user.user_id).await?;
    }
    if !app.users.change_password(&user, &hash).await? {
        // A concurrent request has set another password, which has ended this session.
        return Ok(sign_in_before_form(PATH, app.public_url()));
    }
    tracing::info!(event = jean_runtime::event::PASSWORD, user_id = %user.user_id, "password changed");
    if ends {
        // The rest, which other sessions have added until they ended.
        other_access::end_all(app, &user.user_id).await?;
    }
    let cookies = session::after_new_password(app, change.signed_in, &visitor.browser, cookies).await?;
    Ok((cookies, Confirmation::PasswordChanged.at("/account/security", app.public_url())).into_response())
}

/// `true` if the user can sign in with a passkey, beside which a shorter password suffices (SR-16).
pub(crate) async fn has_passkey(app: &App, user: &User) -> Result<bool, PageError> {
    Ok(!app.passkeys.list(&user.user_id).await?.is_empty())
}

fn page(
    app: &App,
    language: Language,
    change: &PasswordChange,
    ends: bool,
    problem: FieldProblem,
    done: Option<Confirmation>,
) -> Response {
    let view = AccountView { app, language, signed_in: &change.signed_in, done };
    let texts = view.texts();
    let form = PasswordForm {
        title: texts.change_password(),
        label: texts.new_password_field(),
        action: PATH.to_owned().into(),
        providers: None,
        // The form is bound to the session, so it needs no page cookie.
        binding: Binding { page: String::new(), token: view.token(Form::Password, PATH) },
        account: Some(&change.signed_in.user.email),
        email: "",
        sign_in: None,
        asks_current: change.asks_current(),
        other_access: (change.other_access, ends),
        minimum: rules(app, "", change.has_passkey).minimum(),
        problem,
    };
    form.account_page(&view)
}
