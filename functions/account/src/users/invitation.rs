//! `POST /account/users`: an account for an address, and the link with which its user signs up.

use askama::Template;
use axum::response::Response;
use jean_auth::{
    secret::PasswordLink as LinkSecret,
    user::{Email, User},
};
use jean_pages::{Language, Markup, Texts, account::Section, dates};
use jean_store::{
    password_links::{INVITATION, PasswordLink},
    users::CreateUserResult,
};
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::{
    account_form::AccountForm,
    app::App,
    error::AccountError,
    signed_in::SignedInOwner,
    users::{self, account::ListedAccount},
    view::View,
};

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationPage<'a> {
    texts: Texts,
    email: &'a Email,
    link: Zeroizing<String>,
    expires_at: Timestamp,
}

impl InvitationPage<'_> {
    fn explained(&self) -> Markup {
        self.texts.copy_invitation(self.email, dates::minute(self.expires_at))
    }
}

/// `POST /account/users`: creates the account if there is none, and a link for it.
pub(crate) async fn invite(
    app: App,
    language: Language,
    form: AccountForm<SignedInOwner>,
) -> Result<Response, AccountError> {
    let AccountForm { signed_in, fields } = form;
    let view = View::new(&app, language, &signed_in);
    let texts = view.texts();
    let typed = fields.field("email");
    let Ok(email) = typed.parse::<Email>() else { return users::page(view, None, typed, texts.enter_email()).await };
    let Ok(secret) = fields.field("next").parse::<LinkSecret>() else {
        return users::page(view, None, typed, texts.user_not_invited()).await;
    };
    let Some(user) = invited(&app, email).await? else {
        return users::page(view, None, typed, texts.email_taken()).await;
    };
    let link = PasswordLink::new(Some(&user), app.now() + INVITATION);
    let hash = secret.hash();
    let is_new = app.password_links.create(&link, &hash).await?;
    // If the form was sent twice, the link already exists and belongs to the user.
    let stored = app.password_links.find(&hash, app.now()).await?;
    let Some(stored) = stored.filter(|stored| stored.user_id.as_ref() == Some(&user.user_id)) else {
        return users::page(view, None, typed, texts.user_not_invited()).await;
    };
    if is_new {
        tracing::info!(event = jean_runtime::event::ADMINISTRATION, by = %signed_in.user.user_id, user_id = %user.user_id, "user invited");
    }
    let link = app.public_url().join(&secret.path());
    let body = InvitationPage { texts, email: &user.email, link: link.into(), expires_at: stored.expires_at };
    // Not a redirect, since the secret must not be in a URL of this browser's history.
    Ok(view.page(Section::Users, texts.invitation(), &body))
}

/// Returns the account with this address, which is created if there is none. `None` if its user has signed up: a link would
/// let the owner sign in for the user.
async fn invited(app: &App, email: Email) -> Result<Option<User>, AccountError> {
    let user = User::new(app.random.parsed_id(), email, app.now(), None);
    if app.users.add(&user).await? == CreateUserResult::Created {
        return Ok(Some(user));
    }
    let Some(user) = app.users.by_email(&user.email).await? else { return Ok(None) };
    let account = ListedAccount::load(app, &user.user_id).await?;
    Ok(account.filter(|account| account.is_invited).map(|account| account.user))
}
