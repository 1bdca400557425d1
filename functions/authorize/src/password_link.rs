//! `/account/password?link=…`: setting a password by a one-time link, for the first account, an invited user, or a user
//! who has forgotten their password.

use axum::{
    extract::RawQuery,
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use jean_auth::{
    parameters::Parameters,
    password::{Password, PasswordHash},
    secret::PasswordLink as LinkSecret,
    session::Form,
    user::{Email, User},
};
use jean_pages::{Confirmation, FieldProblem, Language, SameOriginForm, Texts, page::redirect};
use jean_sign_in::{
    Visitor, cookies,
    session::{self, SignInMethod},
};
use jean_store::{StoreError, password_links::PasswordLink, users::LinkResult, ways_in::is_invited};

use crate::{
    app::App,
    change_password,
    error::PageError,
    other_access::{self, OtherAccess},
    password_auth,
    password_form::{END_ACCESS, PasswordForm, problem, rules},
};

/// A valid link, which may already be used.
struct Link {
    secret: LinkSecret,
    stored: PasswordLink,
    user: Option<User>,
    has_passkey: bool,
    /// `true` if the account does not exist yet, or has no way to sign in: the link completes a sign-up, and does not replace a credential.
    signs_up: bool,
    other_access: OtherAccess,
}

impl Link {
    /// `true` if neither this link nor a later one has been used, and no later one created.
    fn is_usable(&self) -> bool {
        let is_latest = |user| self.stored.is_latest_of(user, &self.secret.hash());
        self.stored.used_by.is_none() && self.user.as_ref().is_none_or(is_latest)
    }

    /// The email address of the account, unless the form asks for it.
    fn email(&self) -> Option<&Email> {
        self.user.as_ref().map(|user| &user.email).or(self.stored.email.as_ref())
    }
}

/// `GET /account/password?link=…`
pub(crate) async fn show(
    app: App,
    RawQuery(query): RawQuery,
    language: Language,
    cookies: CookieJar,
) -> Result<Response, PageError> {
    if !has_link(query.as_deref()) {
        return change_password::show(&app, language, &cookies).await;
    }
    let link = read(&app, query).await?;
    if !link.is_usable() {
        return Err(PageError::InvalidLink);
    }
    Ok(page(&app, language, &link, cookies, "", FieldProblem::default()))
}

/// `POST /account/password?link=…`
pub(crate) async fn save(
    app: App,
    RawQuery(query): RawQuery,
    language: Language,
    visitor: Visitor,
    cookies: CookieJar,
    form: SameOriginForm,
) -> Result<Response, PageError> {
    if !has_link(query.as_deref()) {
        return change_password::save(&app, language, &visitor, cookies, &form).await;
    }
    let link = read(&app, query.clone()).await?;
    if !cookies::is_bound(&app, &cookies, Form::Password, &link.secret.expose(), &form) {
        return Err(PageError::NoCookie);
    }
    if link.stored.used_by.is_some() {
        return after_use(&app, &link, &visitor, cookies, &form).await;
    }
    if !link.is_usable() {
        return Err(PageError::InvalidLink);
    }
    let texts = Texts::of(language);
    let again = |problem| Ok(page(&app, language, &link, cookies.clone(), form.field("email"), problem));
    let email = link.email().map_or(form.field("email"), Email::as_str);
    let password = match Password::chosen(form.field("password"), &rules(&app, email, link.has_passkey)) {
        Ok(password) => app.hasher.hash(&password, app.random.bytes()),
        Err(invalid) => return again(problem(texts, invalid)),
    };
    let user = match &link.user {
        Some(user) => user.clone(),
        None => match email.parse() {
            Ok(email) => User::new(app.random.parsed_id(), email, app.now(), None),
            Err(_) => return again(FieldProblem::at("email", texts.enter_email())),
        },
    };
    match set(&app, &link, &user, password, form.field("page")).await? {
        LinkResult::Saved => {}
        // A concurrent request has used the link.
        LinkResult::LinkUsed => return after_use(&app, &read(&app, query).await?, &visitor, cookies, &form).await,
        LinkResult::EmailTaken => return again(FieldProblem::at("email", texts.email_taken())),
    }
    let user_id = &user.user_id;
    tracing::info!(event = jean_runtime::event::PASSWORD, %user_id, "password set by link");
    if let Some(user) = link.user.as_ref().filter(|_| !link.signs_up) {
        session::notify_of_new_password(&app, user, &visitor.browser).await?;
    }
    let user = app.users.by_id(user_id).await?.ok_or(PageError::InvalidLink)?;
    saved(&app, &link, &user, &visitor, cookies, &form).await
}

/// Sets the password of the link's account, or creates the first account. The link is used by the page with the form.
async fn set(
    app: &App,
    link: &Link,
    user: &User,
    password: PasswordHash,
    page: &str,
) -> Result<LinkResult, StoreError> {
    let hash = link.secret.hash();
    if link.user.is_some() {
        app.users.set_password(user, &password, &hash, page).await
    } else {
        app.users.add_first(&User { password: Some(password), ..user.clone() }, &hash, page).await
    }
}

/// A repeated request from the page that used the link, with the same password, completes the first one and returns the
/// same response. All other requests are rejected.
async fn after_use(
    app: &App,
    link: &Link,
    visitor: &Visitor,
    cookies: CookieJar,
    form: &SameOriginForm,
) -> Result<Response, PageError> {
    if link.stored.used_by.as_deref() != Some(form.field("page")) {
        return Err(PageError::InvalidLink);
    }
    let email = link.email().map_or(form.field("email"), Email::as_str);
    let user = password_auth::authenticate(app, &visitor.source, &cookies, email, form.field("password")).await?;
    let user = user.ok_or(PageError::InvalidLink)?;
    saved(app, link, &user, visitor, cookies, form).await
}

/// Ends all sessions, which may belong to an attacker who knows the old password, and other access if the user asks for it.
/// Only then signs the user in with the new password.
async fn saved(
    app: &App,
    link: &Link,
    user: &User,
    visitor: &Visitor,
    cookies: CookieJar,
    form: &SameOriginForm,
) -> Result<Response, PageError> {
    if link.user.is_some() {
        app.sessions.end_all(&user.user_id, None).await?;
        if !form.field(END_ACCESS).is_empty() {
            other_access::end_all(app, &user.user_id).await?;
        }
    }
    let method = if link.signs_up { SignInMethod::NewAccount } else { SignInMethod::Password };
    let cookies = session::start(app, user, method, &visitor.browser, cookies).await?;
    let next = if link.signs_up {
        redirect("/account/connect")
    } else {
        Confirmation::PasswordChanged.at("/account", app.public_url())
    };
    Ok((cookies, next).into_response())
}

/// Without a link, the page changes the password of the signed-in user.
fn has_link(query: Option<&str>) -> bool {
    Parameters::from_page(query.unwrap_or_default().as_bytes()).get("link").is_some()
}

async fn read(app: &App, query: Option<String>) -> Result<Link, PageError> {
    let parameters = Parameters::from_page(query.unwrap_or_default().as_bytes());
    let secret: Option<LinkSecret> = parameters.get("link").and_then(|text| text.parse().ok());
    let secret = secret.ok_or(PageError::InvalidLink)?;
    let stored = app.password_links.find(&secret.hash(), app.now()).await?.ok_or(PageError::InvalidLink)?;
    let user = match &stored.user_id {
        None => None,
        Some(user_id) => Some(app.users.by_id(user_id).await?.ok_or(PageError::InvalidLink)?),
    };
    let Some(user) = user else {
        return Ok(Link {
            secret,
            stored,
            user,
            has_passkey: false,
            signs_up: true,
            other_access: OtherAccess::default(),
        });
    };
    let id = &user.user_id;
    let (passkeys, identities, other_access) =
        tokio::try_join!(app.passkeys.list(id), app.identities.list(id), OtherAccess::of(app, id))?;
    let (has_passkey, signs_up) = (!passkeys.is_empty(), is_invited(&user, &passkeys, &identities));
    Ok(Link { secret, stored, user: Some(user), has_passkey, signs_up, other_access })
}

fn page(
    app: &App,
    language: Language,
    link: &Link,
    cookies: CookieJar,
    email: &str,
    problem: FieldProblem,
) -> Response {
    let texts = Texts::of(language);
    let (cookies, bound) = cookies::bind(app, cookies);
    let binding = bound.form(app, Form::Password, &link.secret.expose());
    let account = link.email();
    let title = if link.user.is_some() { texts.choose_password() } else { texts.sign_up() };
    let action = link.secret.path();
    let minimum = rules(app, email, link.has_passkey).minimum();
    // A user who resets the password may have lost it to an intruder.
    let other_access = (link.other_access, true);
    let asks_current = false;
    let providers = None;
    let form = PasswordForm {
        title,
        label: texts.password(),
        action,
        providers,
        binding,
        account,
        email,
        sign_in: None,
        asks_current,
        other_access,
        minimum,
        problem,
    };
    (cookies, form.page(app, language)).into_response()
}
