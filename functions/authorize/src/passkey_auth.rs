//! Authentication with a passkey, throttled by source and independently of passwords (SR-10).

use jean_auth::{
    session::{Form, is_form_token},
    text::TextHash,
    throttle::{AttemptLimit, PASSKEY_PER_SOURCE},
    user::{User, UserId},
};
use jean_pages::SameOriginForm;
use jean_runtime::SourceAddress;

use crate::{
    app::App,
    error::PageError,
    relying_party::{CHALLENGE_LIFETIME, passkey_of},
};

/// Returns the user if their passkey has signed the challenge of this page. Each challenge is accepted once.
pub(crate) async fn authenticate(
    app: &App,
    source: &SourceAddress,
    form: &SameOriginForm,
    response: &str,
) -> Result<Option<User>, PageError> {
    let limit = AttemptLimit::new(PASSKEY_PER_SOURCE, &[&source.throttle_key()]);
    let attempt = app.throttles.admit(&[limit], app.now()).await?;
    let user = match verify(app, form, response).await? {
        Some(user_id) => app.users.by_id(&user_id).await?,
        None => None,
    };
    match user {
        Some(_) => app.throttles.give_back(attempt).await?,
        None => {
            let source = source.audit_hash(&app.root_keys());
            tracing::info!(event = jean_runtime::event::SIGN_IN_REFUSED, source, "sign-in refused");
        }
    }
    Ok(user)
}

async fn verify(app: &App, form: &SameOriginForm, response: &str) -> Result<Option<UserId>, PageError> {
    let now = app.now();
    let state = form.field("state");
    let seal = form.field("seal");
    let is_sealed = is_form_token(seal, Form::Passkey, form.field("page"), state, &app.root_keys());
    let (Some(party), Some(id)) = (app.relying_party.as_ref().filter(|_| is_sealed), passkey_of(response)) else {
        return Ok(None);
    };
    let Some(passkey) = app.passkeys.find(&id).await? else { return Ok(None) };
    let Some(credential) = party.authenticated(state, response, &passkey, now) else { return Ok(None) };
    if !app.challenges.answer(&TextHash::of(&[seal]), &app.random.id(), now + CHALLENGE_LIFETIME).await? {
        return Ok(None);
    }
    if credential != passkey.credential {
        app.passkeys.count(&id, &credential).await?;
    }
    // Only the page of the passkeys shows it, so a failure must not prevent the sign-in.
    if let Err(error) = app.passkeys.note_use(&passkey, now).await {
        tracing::warn!(%error, user_id = %passkey.user_id, "recording the use of a passkey failed");
    }
    Ok(Some(passkey.user_id))
}
