//! `jean key`: the keys of the older endpoint, for programs that can't sign in.

use std::error::Error;

use jean_auth::{
    api_key::{ApiKeyId, IssuedApiKey},
    secret::ApiKey,
};
use jiff::tz::Offset;

use crate::{people::Place, terminal::say};

/// What can be done with keys.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Action {
    /// Make a key for the older endpoint and print it, this once
    Create {
        /// Whose memories it opens: an address or id
        #[arg(value_name = "EMAIL|ID")]
        who: String,
        /// What to call it
        #[arg(long, default_value = "key")]
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Show a person's keys
    List {
        /// Whose: an address or id
        #[arg(value_name = "EMAIL|ID")]
        who: String,
        #[command(flatten)]
        place: Place,
    },
    /// End a key
    Revoke {
        /// Whose: an address or id
        #[arg(value_name = "EMAIL|ID")]
        who: String,
        /// Which: its id, as `jean key list` shows it
        key_id: ApiKeyId,
        #[command(flatten)]
        place: Place,
    },
}

/// The person has no such key.
#[derive(Debug, thiserror::Error)]
#[error("{who} has no key {key_id}; `jean key list {who}` shows which there are")]
struct NoKey {
    who: String,
    key_id: ApiKeyId,
}

/// The person's account is being deleted.
#[derive(Debug, thiserror::Error)]
#[error("the account of {0} is being deleted; `jean user remove {0}` finishes that")]
struct Leaving(String);

/// Does it.
pub(crate) async fn run(action: Action) -> Result<(), Box<dyn Error>> {
    match action {
        Action::Create { who, name, place } => {
            let people = place.open()?;
            let user = people.find(&who).await?;
            let secret = ApiKey::new(people.random.bytes());
            let key = IssuedApiKey {
                key_id: people.random.id().parse()?,
                name,
                user_id: user.user_id,
                email: user.email,
                created_at: people.clock.now(),
            };
            if !people.keys.create(&key, &secret.hash()).await? {
                return Err(Leaving(who).into());
            }
            say(format_args!("Send it as X-API-Key to /mcp/v2/CLIENT/{}. It is not shown again:", key.user_id));
            say(&*secret.expose());
        }
        Action::List { who, place } => {
            let people = place.open()?;
            let user = people.find(&who).await?;
            for key in people.keys.list(&user.user_id).await? {
                let since = Offset::UTC.to_datetime(key.created_at).date();
                say(format_args!("{}  {since}  {}", key.key_id, key.name));
            }
        }
        Action::Revoke { who, key_id, place } => {
            let people = place.open()?;
            let user = people.find(&who).await?;
            if !people.keys.revoke(&user.user_id, &key_id).await? {
                return Err(NoKey { who, key_id }.into());
            }
            say(format_args!("The key {key_id} opens nothing any more."));
        }
    }
    Ok(())
}
