//! The buttons of identity providers, above the forms with a password. `functions/federate` receives them.

use askama::Template;
use axum_extra::extract::CookieJar;
use jean_auth::{identity_provider::IdentityProviders, return_to::ReturnTo, session::Form};
use jean_pages::Texts;
use jean_sign_in::cookies::{self, Binding};

use crate::app::App;

#[derive(Template)]
#[template(path = "providers.html")]
pub(crate) struct ProviderButtons<'a> {
    texts: Texts,
    providers: &'a IdentityProviders,
    binding: Binding,
    return_to: ReturnTo,
    /// The address to fill in at the provider, or an empty string.
    login_hint: &'a str,
    /// `true` if the user must authenticate even if they are signed in at the provider.
    asks_again: bool,
}

impl ProviderButtons<'_> {
    fn query(&self) -> String {
        self.return_to.query()
    }
}

/// Binds a new page with a form and the buttons of providers, if there are any, to this browser.
pub(crate) fn bind<'a>(
    app: &'a App,
    texts: Texts,
    cookies: CookieJar,
    (form, request): (Form, &str),
    return_to: &ReturnTo,
    (login_hint, asks_again): (&'a str, bool),
) -> (CookieJar, Binding, Option<ProviderButtons<'a>>) {
    let (cookies, [binding, of_buttons]) =
        cookies::bind_forms(app, cookies, [(form, request), (Form::Federate, return_to.as_str())]);
    let buttons = (!app.providers.is_empty()).then(|| ProviderButtons {
        texts,
        providers: &app.providers,
        binding: of_buttons,
        return_to: return_to.clone(),
        login_hint,
        asks_again,
    });
    (cookies, binding, buttons)
}
