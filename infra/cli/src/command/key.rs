//! `jean key`: API keys for the legacy endpoint, for programs that cannot sign in.

use std::error::Error;

use jean_auth::{
    api_key::{ApiKeyId, IssuedApiKey, KeyName},
    scope::Scope,
    secret::ApiKey,
};
use jean_store::{
    api_keys::{KeyCreation, MAX_KEYS},
    notifications::{Notification, NotificationKind},
};
use jiff::{SignedDuration, tz::Offset};

use crate::{
    accounts::{DeletionPending, StoreArgs},
    terminal::print,
};

/// Subcommands of `jean key`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum KeyAction {
    /// Create an API key for the legacy endpoint and print it once
    Create {
        /// The user's email address or id
        #[arg(value_name = "EMAIL|ID")]
        user_ref: String,
        /// The name of the key
        #[arg(long, default_value = "key")]
        name: KeyName,
        /// Allow the key to read memories only
        #[arg(long)]
        read_only: bool,
        /// The days until the key expires, as on the account page; 0 for a key that does not expire
        #[arg(long, value_name = "N", default_value_t = 365, value_parser = clap::value_parser!(u32).range(0..=3650))]
        days: u32,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// List a user's API keys
    List {
        /// The user's email address or id
        #[arg(value_name = "EMAIL|ID")]
        user_ref: String,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Revoke an API key
    Revoke {
        /// The user's email address or id
        #[arg(value_name = "EMAIL|ID")]
        user_ref: String,
        /// The id of the key, as shown by `jean key list`
        key_id: ApiKeyId,
        #[command(flatten)]
        store: StoreArgs,
    },
}

/// The user has no key with this id.
#[derive(Debug, thiserror::Error)]
#[error("{user_ref} has no API key {key_id}; `jean key list {user_ref}` lists all keys")]
struct NoKey {
    user_ref: String,
    key_id: ApiKeyId,
}

/// The user has the maximum number of keys.
#[derive(Debug, thiserror::Error)]
#[error("{0} has {MAX_KEYS} API keys; revoke one first: jean key list {0}")]
struct TooManyKeys(String);

/// Runs a subcommand.
pub(crate) async fn run(action: KeyAction) -> Result<(), Box<dyn Error>> {
    match action {
        KeyAction::Create { user_ref, name, read_only, days, store } => {
            let accounts = store.open().await?;
            let user = accounts.find_enabled(&user_ref).await?;
            let secret = ApiKey::new(accounts.random.bytes());
            let now = accounts.clock.now();
            let mut key = IssuedApiKey::new(accounts.random.id().parse()?, &name, &user, now);
            if read_only {
                key.scope = [Scope::MemoryRead].into_iter().collect();
            }
            key.expires_at = (days > 0).then(|| now + SignedDuration::from_hours(24 * i64::from(days)));
            let room = accounts.keys.room(&user).await?.ok_or_else(|| TooManyKeys(user_ref.clone()))?;
            // As on the account page, no key exists without a notification (SR-11).
            let what = NotificationKind::NewApiKey { name: key.name.clone() };
            let notification = Notification { id: key.key_id.to_string(), at: now, what };
            accounts.notifications.add(&user.user_id, &notification).await?;
            match accounts.keys.create(room, &key, &secret.hash()).await? {
                KeyCreation::Created => {}
                KeyCreation::Rejected => return Err(DeletionPending(user_ref).into()),
                KeyCreation::NoRoom => return Err(TooManyKeys(user_ref).into()),
            }
            print(format_args!("Send this key as X-API-Key to /mcp/v2/CLIENT/{}. It is not shown again:", key.user_id));
            print(&*secret.expose());
        }
        KeyAction::List { user_ref, store } => {
            let accounts = store.open().await?;
            let user = accounts.find(&user_ref).await?;
            for key in accounts.keys.list(&user.user_id).await? {
                let day = |at| Offset::UTC.to_datetime(at).date();
                let access = if key.scope.allows(Scope::MemoryWrite) { "read and write" } else { "read" };
                let expiry = key.expires_at.map_or("does not expire".into(), |at| format!("until {}", day(at)));
                print(format_args!("{}  {}  {access}, {expiry}  {}", key.key_id, day(key.created_at), key.name));
            }
        }
        KeyAction::Revoke { user_ref, key_id, store } => {
            let accounts = store.open().await?;
            let user = accounts.find(&user_ref).await?;
            if !accounts.keys.revoke(&user.user_id, &key_id).await? {
                return Err(NoKey { user_ref, key_id }.into());
            }
            print(format_args!("Revoked API key {key_id}."));
        }
    }
    Ok(())
}
