//! `jean user`: who has an account.

use std::error::Error;

use jean_auth::{
    public_url::PublicUrl,
    user::{Email, User},
};
use jean_store::{deletion::DeletionReport, users::CreateUserResult};
use jiff::{SignedDuration, tz::Offset};

use crate::{
    people::{People, Place},
    terminal::{agrees, say},
};

/// How long somebody has to choose a password.
const INVITATION: SignedDuration = SignedDuration::from_hours(72);

/// What can be done with accounts.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Action {
    /// Make an account, and print a link, good once, with which its owner chooses a password
    Add {
        /// Their address
        email: Email,
        /// Where people reach the server
        #[arg(long, value_name = "URL", env = "PUBLIC_URL", default_value = "http://localhost:3000")]
        public_url: PublicUrl,
        #[command(flatten)]
        place: Place,
    },
    /// Print a link, good once, with which somebody chooses a new password; until then the old one stays
    Password {
        /// Their address or id
        #[arg(value_name = "EMAIL|ID")]
        who: String,
        /// Where people reach the server
        #[arg(long, value_name = "URL", env = "PUBLIC_URL", default_value = "http://localhost:3000")]
        public_url: PublicUrl,
        #[command(flatten)]
        place: Place,
    },
    /// Show everybody who has an account
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Delete an account and all that is kept about the person, memories included
    Remove {
        /// Their address or id
        #[arg(value_name = "EMAIL|ID")]
        who: String,
        /// Do not ask first
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        place: Place,
    },
}

/// The address is in use.
#[derive(Debug, thiserror::Error)]
#[error("{0} has an account already")]
struct Taken(Email);

/// Does it.
pub(crate) async fn run(action: Action) -> Result<(), Box<dyn Error>> {
    match action {
        Action::Add { email, public_url, place } => add(&place.open()?, email, &public_url).await,
        Action::Password { who, public_url, place } => {
            let people = place.open()?;
            let user = people.find(&who).await?;
            password(&people, &user, &public_url).await
        }
        Action::List { place } => list(&place.open()?).await,
        Action::Remove { who, yes, place } => {
            let people = place.open()?;
            let user = people.find(&who).await?;
            if yes || agrees(format_args!("Delete {} and everything kept about them?", user.email))? {
                remove(&people, &user).await?;
            } else {
                say("Nothing was deleted.");
            }
            Ok(())
        }
    }
}

async fn add(people: &People, email: Email, public_url: &PublicUrl) -> Result<(), Box<dyn Error>> {
    let user = User { user_id: people.fresh_id()?, email, created_at: people.clock.now(), password: None };
    if people.users.add(&user).await? == CreateUserResult::EmailTaken {
        return Err(Taken(user.email).into());
    }
    say(format_args!("{} has an account now, with the id {}.", user.email, user.user_id));
    password(people, &user, public_url).await
}

async fn list(people: &People) -> Result<(), Box<dyn Error>> {
    for user in people.users.list().await? {
        let since = Offset::UTC.to_datetime(user.created_at).date();
        let waiting = if user.password.is_some() { "" } else { "  (no password yet)" };
        say(format_args!("{}  {since}  {}{waiting}", user.user_id, user.email));
    }
    Ok(())
}

async fn remove(people: &People, user: &User) -> Result<(), Box<dyn Error>> {
    let mut deleted = DeletionReport::default();
    people.deletion.run(user, &mut deleted, people.clock.now(), || true).await?;
    let DeletionReport { memories, connections, sign_ins, api_keys, passkeys } = deleted;
    say(format_args!(
        "Deleted {}: {memories} memories, {connections} connections, {sign_ins} sign-ins, {api_keys} keys, {passkeys} passkeys, and the account. Links that were \
         sent lead nowhere; access tokens that are out end by themselves, within the hour unless you set it otherwise.",
        user.email,
    ));
    Ok(())
}

/// What an invited or forgetful person is sent.
async fn password(people: &People, user: &User, public_url: &PublicUrl) -> Result<(), Box<dyn Error>> {
    let page = people.password_page(Some(user.user_id.clone()), INVITATION).await?;
    say(format_args!("{} chooses a password here, once, within {} hours:", user.email, INVITATION.as_hours()));
    say(public_url.join(&page));
    Ok(())
}
