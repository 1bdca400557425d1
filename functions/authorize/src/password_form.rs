//! The form that sets a password: by a link, at sign-up, or for a signed-in user.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use jean_auth::{
    password::{InvalidPassword, PasswordRules},
    user::Email,
};
use jean_pages::{FieldProblem, Language, Texts, page};
use jean_sign_in::{AccountView, cookies::Binding};
use zeroize::Zeroizing;

use crate::{
    app::{App, AppState},
    other_access::OtherAccess,
    provider_buttons::ProviderButtons,
};

pub(crate) struct PasswordForm<'a> {
    pub(crate) title: &'static str,
    /// The label of the field for the password.
    pub(crate) label: &'static str,
    /// The URL the form is sent to. A link's secret stays in it: the page sends no referrer, and the link works once.
    pub(crate) action: Zeroizing<String>,
    /// The buttons of identity providers, for a new account.
    pub(crate) providers: Option<ProviderButtons<'a>>,
    pub(crate) binding: Binding,
    /// The user's email address. `None` for a new account: the form asks for it.
    pub(crate) account: Option<&'a Email>,
    /// The email address of a rejected attempt.
    pub(crate) email: &'a str,
    /// The URL of the sign-in page, for users who have an account.
    pub(crate) sign_in: Option<String>,
    /// `true` if the form asks for the current password.
    pub(crate) asks_current: bool,
    /// The access that the form offers to end, and `true` if it is selected.
    pub(crate) other_access: (OtherAccess, bool),
    /// The minimum length of the password, in characters.
    pub(crate) minimum: usize,
    /// The reason why the last attempt was rejected.
    pub(crate) problem: FieldProblem,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    texts: Texts,
    form: PasswordForm<'a>,
}

impl PasswordPage<'_> {
    /// The access that the form offers to end.
    fn also_end(&self) -> String {
        match self.form.other_access.0 {
            OtherAccess { keys, apps: 0 } => self.texts.also_end_keys(keys),
            OtherAccess { keys: 0, apps } => self.texts.also_end_apps(apps),
            OtherAccess { keys, apps } => self.texts.also_end(keys, apps),
        }
    }
}

/// The name of the field that ends other access.
pub(crate) const END_ACCESS: &str = "end_access";

/// The rules for a new password of an account.
pub(crate) fn rules<'a>(app: &'a App, email: &'a str, has_passkey: bool) -> PasswordRules<'a> {
    PasswordRules { email, service_name: app.branding.service_name().as_str(), has_passkey }
}

/// The reason for the user.
pub(crate) fn problem(texts: Texts, invalid: InvalidPassword) -> FieldProblem {
    let text = match invalid {
        InvalidPassword::TooShort(minimum) => texts.password_too_short(minimum),
        InvalidPassword::TooLong => texts.password_too_long().into(),
        InvalidPassword::Common => texts.password_common().into(),
        InvalidPassword::Personal => texts.password_personal().into(),
    };
    FieldProblem::at("password", text)
}

impl PasswordForm<'_> {
    /// Renders the form; with status 422 if an attempt was rejected.
    pub(crate) fn page(self, app: &App, language: Language) -> Response {
        let (status, title) = (self.status(), self.title);
        let page = PasswordPage { texts: Texts::of(language), form: self };
        page::page_with_script(status, language, &app.branding, title, &page)
    }

    /// Renders the form as a page of the signed-in user's account.
    pub(crate) fn account_page(self, view: &AccountView<'_, AppState>) -> Response {
        let (status, title) = (self.status(), self.title);
        view.page_with_script(status, title, &PasswordPage { texts: view.texts(), form: self })
    }

    fn status(&self) -> StatusCode {
        if self.problem.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
    }
}
