//! Setting a password by a one-time link: the owner's first account, an invited person's, or one that was forgotten.

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
    secret::PasswordLink as LinkSecret,
    session::Form,
    user::{Email, User},
};
use jean_pages::{
    Language, SameOriginForm,
    page::{self, Message, MessagePage},
};
use jean_store::{password_links::PasswordLink, users::Changed};
use zeroize::Zeroizing;

use crate::{app::App, cookies, error::PageError, own_password, texts::Texts};

#[derive(Template)]
#[template(path = "password.html")]
pub(crate) struct PasswordPage<'a> {
    pub(crate) texts: &'static Texts,
    pub(crate) title: &'static str,
    /// Where it goes. A link's secret stays in the address: the page sends no referrer, and the link works once.
    pub(crate) form: Zeroizing<String>,
    pub(crate) binding: cookies::Binding,
    /// Whose password it is. Nobody's yet when the owner makes the first account, who is asked.
    pub(crate) account: Option<&'a Email>,
    pub(crate) email: &'a str,
    pub(crate) problem: &'a str,
}

/// A link that is good.
struct Link {
    secret: LinkSecret,
    kept: PasswordLink,
    user: Option<User>,
}

/// `GET /account/password?link=…`
pub(crate) async fn show(
    app: App,
    RawQuery(query): RawQuery,
    language: Language,
    cookies: CookieJar,
) -> Result<Response, PageError> {
    if !has_link(query.as_deref()) {
        return own_password::show(&app, language, &cookies).await;
    }
    let link = read(&app, query).await?;
    if link.kept.used_by.is_some() {
        return Err(PageError::DeadLink);
    }
    Ok(ask(&app, language, &link, cookies, StatusCode::OK, "", ""))
}

/// `POST /account/password?link=…`
pub(crate) async fn save(
    app: App,
    RawQuery(query): RawQuery,
    language: Language,
    cookies: CookieJar,
    form: SameOriginForm,
) -> Result<Response, PageError> {
    if !has_link(query.as_deref()) {
        return own_password::save(&app, language, &cookies, &form).await;
    }
    let link = read(&app, query.clone()).await?;
    if !cookies::is_bound(&app, &cookies, Form::Password, &link.secret.expose(), &form) {
        return Err(PageError::NoCookie);
    }
    if link.kept.used_by.is_some() {
        return after_use(&app, &link, form.field("page")).await;
    }
    let texts = Texts::of(language);
    let again = |problem| {
        let (cookies, status) = (cookies.clone(), StatusCode::UNPROCESSABLE_ENTITY);
        Ok(ask(&app, language, &link, cookies, status, form.field("email"), problem))
    };
    let password = match Password::chosen(form.field("password")) {
        Ok(password) => app.hasher.hash(&password, app.random.bytes()),
        Err(_) => return again(texts.password_refused),
    };
    let hash = link.secret.hash();
    let changed = match (&link.user, form.field("email").parse()) {
        (Some(user), _) => app.users.set_password(&user.user_id, &password, &hash, form.field("page")).await?,
        (None, Err(_)) => return again(texts.enter_email),
        (None, Ok(email)) => {
            let user_id = app.random.id().parse().expect("hexadecimal digits");
            let user = User { user_id, email, created_at: app.now(), password: Some(password) };
            app.users.add_first(&user, &hash, form.field("page")).await?
        }
    };
    match changed {
        Changed::Yes => {}
        // Of two at once the other was first.
        Changed::LinkUsed => return after_use(&app, &read(&app, query).await?, form.field("page")).await,
        Changed::EmailTaken => return again(texts.email_taken),
    }
    tracing::info!(event = jean_runtime::event::PASSWORD, user_id = ?link.kept.user_id, "password set by link");
    saved(&app, &link).await
}

/// A second click of the page that used the link finishes what the first may have been kept from, and is told the same;
/// anybody else is told that it is used.
async fn after_use(app: &App, link: &Link, page: &str) -> Result<Response, PageError> {
    if link.kept.used_by.as_deref() == Some(page) { saved(app, link).await } else { Err(PageError::DeadLink) }
}

/// Whoever knew the old password, or had a browser open, is out: before anybody is told that the new one is saved.
async fn saved(app: &App, link: &Link) -> Result<Response, PageError> {
    if let Some(user) = &link.user {
        app.sessions.end_all(&user.user_id, None).await?;
    }
    let mcp_url = app.public_url.mcp().to_owned();
    let words = move |language| {
        let Texts { all_set: title, password_saved: (before, after), .. } = Texts::of(language);
        Message { title, text: format!("{before} {mcp_url} {after}") }
    };
    Ok(MessagePage::new(StatusCode::OK, words).into_response())
}

/// Without a link it is for whoever is signed in.
fn has_link(query: Option<&str>) -> bool {
    Parameters::from_page(query.unwrap_or_default().as_bytes()).get("link").is_some()
}

async fn read(app: &App, query: Option<String>) -> Result<Link, PageError> {
    let parameters = Parameters::from_page(query.unwrap_or_default().as_bytes());
    let secret: Option<LinkSecret> = parameters.get("link").and_then(|text| text.parse().ok());
    let secret = secret.ok_or(PageError::DeadLink)?;
    let kept = app.password_links.find(&secret.hash(), app.now()).await?.ok_or(PageError::DeadLink)?;
    let user = match &kept.user_id {
        None => None,
        Some(user_id) => Some(app.users.by_id(user_id).await?.ok_or(PageError::DeadLink)?),
    };
    Ok(Link { secret, kept, user })
}

fn ask(
    app: &App,
    language: Language,
    link: &Link,
    cookies: CookieJar,
    status: StatusCode,
    email: &str,
    problem: &str,
) -> Response {
    let texts = Texts::of(language);
    let secret = link.secret.expose();
    let (cookies, binding) = cookies::bind(app, cookies, Form::Password, &secret);
    let account = link.user.as_ref().map(|user| &user.email);
    let title = if account.is_some() { texts.choose_password } else { texts.make_account };
    let form = Zeroizing::new(format!("/account/password?link={}", *secret));
    let page = PasswordPage { texts, title, form, binding, account, email, problem };
    (cookies, page::page(status, language, &app.look, title, &page)).into_response()
}
