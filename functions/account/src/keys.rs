//! `/account/keys`: keys for programs that call the older endpoint, which can't sign in.

use askama::Template;
use axum::response::Response;
use jean_auth::{
    api_key::{ApiKeyId, IssuedApiKey},
    secret::ApiKey,
};
use jean_pages::{Language, dates, page::redirect};
use jean_store::StoreError;
use zeroize::Zeroizing;

use crate::{
    app::App,
    error::AccountError,
    frame::{self, Section},
    person::{OwnForm, Person},
    texts::Texts,
};

pub(crate) const PATH: &str = "/account/keys";
/// The longest name of a key, in characters.
const NAME: usize = 60;

#[derive(Template)]
#[template(path = "keys.html")]
struct KeysPage<'a> {
    texts: &'static Texts,
    token: String,
    address: String,
    keys: &'a [IssuedApiKey],
    /// The next key. It opens nothing until the form makes it one, so that a form that is sent twice makes one key and
    /// shows it twice. None for a sign-in that is not recent enough to make any.
    next: Option<Zeroizing<String>>,
}

impl KeysPage<'_> {
    fn since(&self, key: &IssuedApiKey) -> String {
        dates::minute(key.created_at)
    }
}

#[derive(Template)]
#[template(path = "new_key.html")]
struct NewKeyPage<'a> {
    texts: &'static Texts,
    name: &'a str,
    secret: &'a str,
}

/// `GET /account/keys`
pub(crate) async fn show(app: App, language: Language, person: Person) -> Result<Response, AccountError> {
    let texts = Texts::of(language);
    let keys = app.api_keys.list(&person.user.user_id).await?;
    let body = KeysPage {
        texts,
        token: person.token(&app, PATH),
        address: app.public_url.join(&format!("/mcp/v2/…/{}", person.user.user_id)),
        keys: &keys,
        next: person.session.is_recent(app.now()).then(|| ApiKey::new(app.random.bytes()).expose()),
    };
    Ok(frame::page(&app, language, &person, Section::Security, texts.keys, &body))
}

/// `POST /account/keys`: makes a key, or ends one.
pub(crate) async fn change(app: App, language: Language, form: OwnForm) -> Result<Response, AccountError> {
    let OwnForm { person, fields } = form;
    let user_id = &person.user.user_id;
    if let Ok(key_id) = fields.field("end").parse::<ApiKeyId>() {
        app.api_keys.revoke(user_id, &key_id).await?;
        tracing::info!(event = jean_runtime::event::API_KEY, %user_id, "key ended");
        return Ok(redirect(PATH));
    }
    person.has_just_signed_in(&app, PATH)?;
    let name = fields.field("name").trim();
    let (Ok(secret), 1..=NAME) = (fields.field("next").parse::<ApiKey>(), name.chars().count()) else {
        return Ok(redirect(PATH));
    };
    let key = IssuedApiKey {
        key_id: app.random.id().parse().expect("hexadecimal digits"),
        name: name.into(),
        user_id: user_id.clone(),
        email: person.user.email.clone(),
        created_at: app.now(),
    };
    let hash = secret.hash();
    // Sent twice, it is there, and it is theirs.
    if !app.api_keys.create(&key, &hash).await?
        && app.api_keys.find(&hash).await?.is_none_or(|key| key.user_id != *user_id)
    {
        return Err(StoreError::AccountDeleted.into());
    }
    tracing::info!(event = jean_runtime::event::API_KEY, %user_id, "key made");
    let texts = Texts::of(language);
    // No redirect: a secret must not stand in an address.
    let body = NewKeyPage { texts, name, secret: &secret.expose() };
    Ok(frame::page(&app, language, &person, Section::Security, texts.new_key, &body))
}
