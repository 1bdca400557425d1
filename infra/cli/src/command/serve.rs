//! `jean serve`: the whole set on your desk.

use std::{collections::BTreeMap, error::Error, path::PathBuf};

use jean_auth::{
    password::{Hasher, Password},
    public_url::PublicUrl,
    user::{Email, User},
};
use jean_authorize::Documents;
use jean_local::{engine::Engine, stack::Settings};
use jean_runtime::{Clock, Environment, Random};
use jean_store::users::CreateUserResult;
use jiff::SignedDuration;

use crate::{
    data::{self, DataDirectory},
    functions, listener,
    people::People,
    terminal::say,
};

/// How long the link that makes the first account is good. Every start prints another while there is no account.
const OWNER_LINK: SignedDuration = SignedDuration::from_hours(1);

/// What `jean serve` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The port of this computer to serve on; 0 for any that is free
    #[arg(long, value_name = "N", default_value_t = 3000)]
    port: u16,
    /// The directory to keep everything in [default: this user's data directory]
    #[arg(long, value_name = "DIR", conflicts_with = "in_memory")]
    data: Option<PathBuf>,
    /// Keep nothing: everything is gone when the server ends
    #[arg(long)]
    in_memory: bool,
    /// Have all clients register: fetch none of the documents that some are described by, as on a desk without a direct
    /// way to the web
    #[arg(long)]
    no_client_metadata_documents: bool,
    /// Let anybody who reaches the server make an account, without a link
    #[arg(long)]
    open_sign_up: bool,
    /// Make the account of this address, with the password in the variable OWNER_PASSWORD, instead of a link
    #[arg(long, value_name = "EMAIL")]
    owner: Option<Email>,
}

/// Why the owner's account can't be made.
#[derive(Debug, thiserror::Error)]
enum OwnerError {
    #[error("--owner needs the account's password in the variable OWNER_PASSWORD")]
    NoPassword,
    #[error("the password in OWNER_PASSWORD can't be used: {0}")]
    Password(jean_auth::text::InvalidValue),
    #[error("{0} has an account already, with another password than the one in OWNER_PASSWORD")]
    OtherPassword(Email),
}

/// Serves until it is interrupted.
pub(crate) async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let environment = Environment::of_process();
    let owner = match arguments.owner {
        Some(email) => Some((email, chosen(&environment)?)),
        None => None,
    };
    let (clock, random) = (Clock::of_system(), Random::of_system());
    let kept = if arguments.in_memory {
        None
    } else {
        let directory = DataDirectory::find(arguments.data)?;
        directory.make()?;
        Some(directory)
    };
    let secret = match &kept {
        Some(directory) => directory.secret(&random)?,
        None => data::fresh_secret(&random),
    };
    let (port, listeners) = listener::local(arguments.port).await?;
    let public_url: PublicUrl = format!("http://localhost:{port}").parse()?;
    let mut parameters = BTreeMap::new();
    if arguments.no_client_metadata_documents {
        parameters.insert("ClientMetadataDocuments".into(), "off".into());
    }
    if arguments.open_sign_up {
        parameters.insert("SignUp".into(), "open".into());
    }
    let settings =
        Settings { public_url: public_url.clone(), secret, clock: clock.clone(), random: random.clone(), parameters };
    let engine = match &kept {
        Some(directory) => Engine::open(&directory.database())?,
        None => Engine::in_memory(clock.clone())?,
    };
    let stack = functions::stack(engine, settings, Documents::of_the_web()).await?;
    let people = People::of_desk(&stack.aws, &stack.template, clock, random);
    if let Some((email, password)) = owner {
        make_owner(&people, email, &password).await?;
    }

    let interruption = listener::interruption()?;
    jean_runtime::init_log(&environment);
    say(format_args!("Jean Memory is running. Ctrl-C ends it.\n"));
    say(format_args!("  Paste this into your assistant:  {}", public_url.mcp()));
    if people.users.is_empty().await? {
        people.users.forget_first().await?;
        let page = people.password_page(None, OWNER_LINK).await?;
        say(format_args!("  Make your account here, once:    {}", public_url.join(&page)));
    }
    match &kept {
        Some(directory) => say(format_args!("  Everything is kept in:           {directory}\n")),
        None => say("  Nothing is kept.\n"),
    }
    tokio::spawn(stack.engine.sweep_for_ever());
    listener::serve(listeners, stack.router, interruption).await;
    Ok(())
}

fn chosen(environment: &Environment) -> Result<Password, OwnerError> {
    let password = environment.get("OWNER_PASSWORD").ok_or(OwnerError::NoPassword)?;
    Password::chosen(&password).map_err(OwnerError::Password)
}

/// Makes the account, or finds it made by an earlier start.
async fn make_owner(people: &People, email: Email, password: &Password) -> Result<(), Box<dyn Error>> {
    let hasher = Hasher::default();
    let user = User {
        user_id: people.fresh_id()?,
        email,
        created_at: people.clock.now(),
        password: Some(hasher.hash(password, people.random.bytes())),
    };
    if people.users.add(&user).await? == CreateUserResult::EmailTaken {
        let there = people.users.by_email(&user.email).await?.and_then(|there| there.password);
        if !hasher.verify(password, there.as_ref()) {
            return Err(OwnerError::OtherPassword(user.email).into());
        }
    }
    Ok(())
}
