//! The frame of the account pages: navigation, the signed-in user and the sign-out form.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use jean_auth::{
    keys::RootKeyring,
    public_url::PublicUrl,
    session::{Form, Session, form_token},
    user::User,
};

use crate::{
    Branding, Confirmation, Language, Texts,
    page::{self, redirect},
};

/// The path that the sign-out form is sent to, and its token is bound to.
pub const SIGN_OUT: &str = "/account/sign-out";

/// The sections of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Connected apps.
    Apps,
    /// Memories, export and import.
    Memories,
    /// Sessions, password, passkeys, API keys, deletion.
    Security,
    /// The accounts of all users, for owners.
    Users,
}

impl Section {
    const ALL: [Self; 4] = [Self::Apps, Self::Memories, Self::Security, Self::Users];

    /// The sections that a user can open.
    fn of(user: &User) -> impl Iterator<Item = Self> {
        let is_owner = user.is_owner;
        Self::ALL.into_iter().filter(move |section| *section != Self::Users || is_owner)
    }

    /// The path of the section's first page.
    pub fn path(&self) -> &'static str {
        match self {
            Self::Apps => "/account",
            Self::Memories => "/account/memories",
            Self::Security => "/account/security",
            Self::Users => "/account/users",
        }
    }

    fn name(&self, texts: &Texts) -> &'static str {
        match self {
            Self::Apps => texts.apps(),
            Self::Memories => texts.memories(),
            Self::Security => texts.security(),
            Self::Users => texts.users(),
        }
    }
}

/// The frame of the pages of a signed-in user: navigation, confirmation of the form before, and the sign-out form, which is
/// bound to the session.
#[derive(Debug, Clone, Copy)]
pub struct AccountFrame<'a> {
    /// The language of the page.
    pub language: Language,
    /// The operator's branding.
    pub branding: &'a Branding,
    /// The public URL of the server.
    pub public_url: &'a PublicUrl,
    /// The keys of form tokens.
    pub keys: &'a RootKeyring,
    /// The session.
    pub session: &'a Session,
    /// The user.
    pub user: &'a User,
    /// The effect of the form before this page.
    pub done: Option<Confirmation>,
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage<'a> {
    texts: Texts,
    section: Section,
    done: Option<Confirmation>,
    body: String,
    user: &'a User,
    sign_out_token: String,
}

impl AccountFrame<'_> {
    /// Renders the body of a section inside the frame.
    pub fn page(self, status: StatusCode, section: Section, title: &str, body: &impl Template) -> Response {
        let page = page::page(status, self.language, self.branding, title, &self.around(section, body));
        Confirmation::shown_on(self.done, page, self.public_url)
    }

    /// Renders the body of a section inside the frame, with the script of [`page::page_with_script`].
    pub fn page_with_script(self, status: StatusCode, section: Section, title: &str, body: &impl Template) -> Response {
        let page = page::page_with_script(status, self.language, self.branding, title, &self.around(section, body));
        Confirmation::shown_on(self.done, page, self.public_url)
    }

    fn around(&self, section: Section, body: &impl Template) -> AccountPage<'_> {
        AccountPage {
            texts: Texts::of(self.language),
            section,
            done: self.done,
            body: body.render().expect("writing to a string does not fail"),
            user: self.user,
            sign_out_token: form_token(Form::Account, self.session.sid.as_str(), SIGN_OUT, self.keys),
        }
    }
}

/// Redirects to the sign-in page, which returns to `return_to`.
///
/// ```
/// let response = jean_pages::account::sign_in_first("/account/keys");
/// assert_eq!(response.headers()["location"], "/account/sign-in?return_to=%2Faccount%2Fkeys");
/// ```
pub fn sign_in_first(return_to: &str) -> Response {
    redirect(&sign_in_url(return_to))
}

/// Redirects to the sign-in page after a form that needed a sign-in. The page after it says that nothing was done.
pub fn sign_in_before_form(return_to: &str, public_url: &PublicUrl) -> Response {
    Confirmation::Nothing.at(&sign_in_url(return_to), public_url)
}

/// The URL of the sign-in page, which returns to `return_to`.
pub fn sign_in_url(return_to: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("return_to", return_to).finish();
    format!("/account/sign-in?{query}")
}
