//! `jean key`: API keys for the legacy endpoint, for programs that cannot sign in.

use std::error::Error;

use jean_auth::{
    api_key::{ApiKeyId, IssuedApiKey},
    secret::ApiKey,
};
use jiff::tz::Offset;

use crate::{accounts::StoreArgs, terminal::print};

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
        name: String,
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

/// The user's account is being deleted.
#[derive(Debug, thiserror::Error)]
#[error("the account of {0} is being deleted; run `jean user remove {0}` to finish")]
struct DeletionPending(String);

/// Runs a subcommand.
pub(crate) async fn run(action: KeyAction) -> Result<(), Box<dyn Error>> {
    match action {
        KeyAction::Create { user_ref, name, store } => {
            let accounts = store.open()?;
            let user = accounts.find(&user_ref).await?;
            let secret = ApiKey::new(accounts.random.bytes());
            let key = IssuedApiKey::new(accounts.random.id().parse()?, name, &user, accounts.clock.now());
            if !accounts.keys.create(&key, &secret.hash()).await? {
                return Err(DeletionPending(user_ref).into());
            }
            print(format_args!("Send this key as X-API-Key to /mcp/v2/CLIENT/{}. It is not shown again:", key.user_id));
            print(&*secret.expose());
        }
        KeyAction::List { user_ref, store } => {
            let accounts = store.open()?;
            let user = accounts.find(&user_ref).await?;
            for key in accounts.keys.list(&user.user_id).await? {
                let since = Offset::UTC.to_datetime(key.created_at).date();
                print(format_args!("{}  {since}  {}", key.key_id, key.name));
            }
        }
        KeyAction::Revoke { user_ref, key_id, store } => {
            let accounts = store.open()?;
            let user = accounts.find(&user_ref).await?;
            if !accounts.keys.revoke(&user.user_id, &key_id).await? {
                return Err(NoKey { user_ref, key_id }.into());
            }
            print(format_args!("Revoked API key {key_id}."));
        }
    }
    Ok(())
}
