//! The frame of the account pages: navigation, the signed-in user and the sign-out form.

use askama::Template;
use axum::response::Response;
use jean_auth::{public_url::PublicUrl, user::User};

use crate::{Confirmation, Language, Texts, page::redirect};

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

/// An account page: the navigation around a body. Render it with [`crate::page::page`].
#[derive(Template)]
#[template(path = "account.html")]
pub struct AccountPage<'a> {
    texts: Texts,
    section: Section,
    done: Option<Confirmation>,
    body: String,
    user: &'a User,
    sign_out_token: String,
}

impl<'a> AccountPage<'a> {
    /// Puts the body of a section into the frame, below the confirmation of a form. `sign_out_token` must be
    /// bound to the session and to [`SIGN_OUT`].
    pub fn new(
        language: Language,
        section: Section,
        done: Option<Confirmation>,
        user: &'a User,
        sign_out_token: String,
        body: &impl Template,
    ) -> Self {
        let body = body.render().expect("writing to a string does not fail");
        Self { texts: Texts::of(language), section, done, body, user, sign_out_token }
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
