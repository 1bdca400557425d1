//! The buttons of identity providers, above the forms with a password. `functions/federate` receives them.

use askama::Template;
use jean_auth::{identity_provider::IdentityProviders, return_to::ReturnTo, session::Form};
use jean_pages::Texts;
use jean_sign_in::cookies::{Binding, BoundPage};

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

impl<'a> ProviderButtons<'a> {
    /// The buttons of this page, or `None` if there are no providers.
    pub(crate) fn of(
        app: &'a App,
        texts: Texts,
        page: &BoundPage,
        return_to: &ReturnTo,
        (login_hint, asks_again): (&'a str, bool),
    ) -> Option<Self> {
        (!app.providers.is_empty()).then(|| Self {
            texts,
            providers: &app.providers,
            binding: page.form(app, Form::Federate, return_to.as_str()),
            return_to: return_to.clone(),
            login_hint,
            asks_again,
        })
    }

    fn query(&self) -> String {
        self.return_to.query()
    }
}
