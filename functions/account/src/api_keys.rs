//! `/account/keys`: API keys for programs that cannot sign in and use the legacy endpoint.

use askama::Template;
use axum::response::Response;
use jean_auth::{
    api_key::{ApiKeyId, IssuedApiKey, KeyName},
    scope::Scope,
    secret::{ApiKey, SecretHash},
    user::User,
};
use jean_pages::{AccessChoice, Confirmation, Language, Markup, Texts, account::Section, dates, page::redirect};
use jean_store::{
    StoreError,
    api_keys::{KeyCreation, MAX_KEYS},
    notifications::{Notification, NotificationKind},
};
use zeroize::Zeroizing;

use jiff::{SignedDuration, Timestamp};

use crate::{
    account_form::AccountForm,
    app::App,
    error::AccountError,
    paths,
    signed_in::{RecentUser, SignedInUser},
    view::View,
};

/// The lifetimes to choose from, in days.
const LIFETIMES_IN_DAYS: [i64; 3] = [30, 90, 365];
/// The choice of a key that does not expire.
const NEVER: &str = "never";

#[derive(Template)]
#[template(path = "keys.html")]
struct KeysPage<'a> {
    texts: Texts,
    token: String,
    address: String,
    keys: &'a [IssuedApiKey],
    now: Timestamp,
    /// The secret of the next key, which becomes valid when the form is sent. Sending a form twice thus creates one
    /// key and shows it twice. `None` if the last sign-in is not recent enough to create a key, or there are too many.
    next: Option<Zeroizing<String>>,
}

impl KeysPage<'_> {
    /// The number of keys at which no other can be created.
    fn limit(&self) -> Option<usize> {
        Some(MAX_KEYS).filter(|limit| self.keys.len() >= *limit)
    }

    fn lifetimes(&self) -> [i64; 3] {
        LIFETIMES_IN_DAYS
    }

    fn access(&self, key: &IssuedApiKey) -> &'static str {
        AccessChoice::of(&key.scope).name(self.texts)
    }

    fn created(&self, key: &IssuedApiKey) -> Markup {
        self.texts.created_at(dates::ago(self.texts, key.created_at, self.now))
    }

    fn expires(&self, key: &IssuedApiKey) -> Option<Markup> {
        Some(self.texts.expires_at(dates::minute(key.expires_at?)))
    }

    /// The day of the last use: the time is stored once a day.
    fn used(&self, key: &IssuedApiKey) -> String {
        match key.used_at {
            Some(used_at) => self.texts.key_used_on(dates::day(used_at)),
            None => self.texts.key_never_used().into(),
        }
    }
}

#[derive(Template)]
#[template(path = "new_key.html")]
struct NewKeyPage<'a> {
    texts: Texts,
    name: &'a str,
    secret: &'a str,
}

/// The lifetime that the form chooses, if the key expires. The page selects the last one, which applies to a form without a
/// choice.
fn lifetime_of(field: &str) -> Option<Option<SignedDuration>> {
    let [.., preselected] = LIFETIMES_IN_DAYS;
    let days = match field {
        NEVER => return Some(None),
        "" => Some(preselected),
        field => LIFETIMES_IN_DAYS.into_iter().find(|days| field == days.to_string()),
    };
    days.map(|days| Some(SignedDuration::from_hours(24 * days)))
}

/// `GET /account/keys`
pub(crate) async fn show(app: App, language: Language, signed_in: SignedInUser) -> Result<Response, AccountError> {
    let view = View::new(&app, language, &signed_in);
    let keys = app.api_keys.list(&signed_in.user.user_id).await?;
    let body = KeysPage {
        texts: view.texts(),
        token: view.token(paths::API_KEYS),
        address: app.public_url().join(&format!("/mcp/v2/NAME/{}", signed_in.user.user_id)),
        keys: &keys,
        now: app.now(),
        next: (signed_in.is_recent(&app) && keys.len() < MAX_KEYS).then(|| ApiKey::new(app.random.bytes()).expose()),
    };
    Ok(view.page(Section::Security, view.texts().api_keys(), &body))
}

/// `POST /account/keys`: creates a key, or revokes one.
pub(crate) async fn change(app: App, language: Language, form: AccountForm) -> Result<Response, AccountError> {
    let user_id = &form.signed_in.user.user_id;
    if let Ok(key_id) = form.fields.field("end").parse::<ApiKeyId>() {
        app.api_keys.revoke(user_id, &key_id).await?;
        tracing::info!(event = jean_runtime::event::API_KEY, %user_id, "API key revoked");
        return Ok(Confirmation::Revoked.at(paths::API_KEYS, app.public_url()));
    }
    create(&app, language, form.recent(&app, paths::API_KEYS)?).await
}

/// Creates a key, which requires a recent sign-in, and shows its secret.
async fn create(app: &App, language: Language, form: AccountForm<RecentUser>) -> Result<Response, AccountError> {
    let AccountForm { signed_in, fields } = form;
    let (secret, name) = (fields.field("next").parse::<ApiKey>(), fields.field("name").trim().parse::<KeyName>());
    let (Ok(secret), Ok(name), Some(lifetime)) = (secret, name, lifetime_of(fields.field("days"))) else {
        return Ok(redirect(paths::API_KEYS));
    };
    let now = app.now();
    let mut key = IssuedApiKey::new(app.random.parsed_id(), &name, &signed_in.user, now);
    // The page selects full access, which therefore applies to a form without a choice.
    if !matches!(fields.field("access"), "" | "all") {
        key.scope = [Scope::MemoryRead].into_iter().collect();
    }
    key.expires_at = lifetime.map(|lifetime| now + lifetime);
    if !store(app, &signed_in.user, &key, &secret.hash()).await? {
        return Ok(redirect(paths::API_KEYS));
    }
    let view = View::new(app, language, &signed_in);
    // Not a redirect, since the secret must not be in a URL.
    let body = NewKeyPage { texts: view.texts(), name: name.as_str(), secret: &secret.expose() };
    Ok(view.page(Section::Security, view.texts().new_api_key(), &body))
}

/// Stores a key. Returns `false` if the user has too many. If the form was sent twice, the key already exists and belongs to the
/// user.
async fn store(app: &App, user: &User, key: &IssuedApiKey, hash: &SecretHash) -> Result<bool, AccountError> {
    let user_id = &user.user_id;
    // The user is notified before the key is stored, so that no key exists without a notification (SR-11).
    let mut is_created = false;
    if app.api_keys.find(hash).await?.is_none() {
        let Some(room) = app.api_keys.room(user).await? else { return Ok(false) };
        let what = NotificationKind::NewApiKey { name: key.name.clone() };
        let notification = Notification { id: key.key_id.to_string(), at: key.created_at, what };
        app.notifications.add(user_id, &notification).await?;
        is_created = match app.api_keys.create(room, key, hash).await? {
            KeyCreation::Created => true,
            KeyCreation::Rejected => false,
            KeyCreation::NoRoom => return Ok(false),
        };
    }
    if is_created {
        tracing::info!(event = jean_runtime::event::API_KEY, %user_id, "API key created");
    } else if app.api_keys.find(hash).await?.is_none_or(|key| key.user_id != *user_id) {
        return Err(StoreError::AccountDeleted.into());
    }
    Ok(true)
}
