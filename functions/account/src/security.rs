//! `/account/security`: the user's sessions, and links to their credentials.

use askama::Template;
use axum::response::Response;
use jean_auth::{api_key::IssuedApiKey, session::SessionId};
use jean_pages::{Confirmation, Language, Markup, Texts, account::Section, dates};
use jean_store::sessions::SignIn;
use jiff::Timestamp;

use crate::{account_form::AccountForm, app::App, error::AccountError, paths, signed_in::SignedInUser, view::View};

#[derive(Template)]
#[template(path = "security.html")]
struct SecurityPage<'a> {
    texts: Texts,
    token: String,
    passkeys: usize,
    /// The number of linked accounts of identity providers. `None` if there is none and no provider.
    identities: Option<usize>,
    api_keys: &'a [IssuedApiKey],
    this: SignIn,
    others: &'a [SignIn],
    now: Timestamp,
}

impl SecurityPage<'_> {
    fn browser<'b>(&self, sign_in: &'b SignIn) -> &'b str {
        if sign_in.browser.is_empty() { self.texts.unknown_browser() } else { &sign_in.browser }
    }

    /// The number of API keys, and of those that nothing has used yet.
    fn keys(&self) -> String {
        match self.api_keys.iter().filter(|key| key.used_at.is_none()).count() {
            0 => self.api_keys.len().to_string(),
            unused => self.texts.keys_with_unused(self.api_keys.len(), unused),
        }
    }

    fn used(&self, sign_in: &SignIn) -> Markup {
        self.texts.last_opened_at(dates::days_ago(self.texts, sign_in.used_at(), self.now))
    }

    fn since(&self, sign_in: &SignIn) -> Markup {
        dates::ago(self.texts, sign_in.session.authenticated_at(), self.now)
    }
}

/// `GET /account/security`
pub(crate) async fn show(app: App, language: Language, signed_in: SignedInUser) -> Result<Response, AccountError> {
    let view = View::new(&app, language, &signed_in);
    let mut sessions = app.sessions.list(&signed_in.user.user_id, app.now()).await?;
    let this = sessions.iter().position(|sign_in| sign_in.session.sid == signed_in.session.sid);
    // A concurrent request may have ended this session.
    let this = sessions.remove(this.ok_or(AccountError::SignInRequired { return_to: paths::SECURITY.into() })?);
    let user_id = &signed_in.user.user_id;
    let (passkeys, api_keys, identities) =
        tokio::try_join!(app.passkeys.list(user_id), app.api_keys.list(user_id), app.identities.list(user_id))?;
    let has_identities = !app.providers.is_empty() || !identities.is_empty();
    let body = SecurityPage {
        texts: view.texts(),
        token: view.token(paths::SECURITY),
        passkeys: passkeys.len(),
        identities: has_identities.then_some(identities.len()),
        api_keys: &api_keys,
        this,
        others: &sessions,
        now: app.now(),
    };
    Ok(view.page(Section::Security, view.texts().security(), &body))
}

/// `POST /account/security`: ends another session, or all others.
pub(crate) async fn end(app: App, form: AccountForm) -> Result<Response, AccountError> {
    let SignedInUser { session, user, .. } = &form.signed_in;
    match form.fields.field("end") {
        "others" => {
            let ended = app.sessions.end_all(&user.user_id, Some(&session.sid)).await?;
            tracing::info!(event = jean_runtime::event::SIGN_OUT, user_id = %user.user_id, ended, "all other sessions ended");
        }
        sid => {
            if let Ok(sid) = sid.parse::<SessionId>() {
                app.sessions.end(&user.user_id, &sid).await?;
                tracing::info!(event = jean_runtime::event::SIGN_OUT, user_id = %user.user_id, "another session ended");
            }
        }
    }
    Ok(Confirmation::SignedOut.at(paths::SECURITY, app.public_url()))
}
