//! `jean serve`: all functions in one local server.

use std::{collections::BTreeMap, error::Error, path::PathBuf};

use axum::middleware::from_fn_with_state;
use jean_auth::{
    password::{Hasher, InvalidPassword, Password, PasswordRules},
    public_url::PublicUrl,
    user::{Email, User},
};
use jean_authorize::Documents;
use jean_local::{engine::Engine, stack::StackSettings};
use jean_runtime::{Clock, Environment, Random};
use jean_store::users::CreateUserResult;
use jiff::SignedDuration;
use zeroize::Zeroizing;

use crate::{
    accounts::AccountStore,
    data::{self, DataDirectory},
    functions, listener,
    maintenance::BackgroundMaintenance,
    own_host::{self, OwnHosts},
    terminal::print,
};

/// Lifetime of the sign-up link for the first account. Every start prints a new link while there is no account.
const OWNER_LINK: SignedDuration = SignedDuration::from_hours(1);

/// Arguments of `jean serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The local port to listen on; 0 for any free port
    #[arg(long, value_name = "N", default_value_t = 3000)]
    port: u16,
    /// The directory for the database and the signing secret [default: this user's data directory]
    #[arg(long, value_name = "DIR", conflicts_with = "in_memory")]
    data: Option<PathBuf>,
    /// Store everything in memory and discard it on exit
    #[arg(long)]
    in_memory: bool,
    /// Do not fetch client metadata documents, so that every client registers; for computers without direct internet access
    #[arg(long)]
    no_client_metadata_documents: bool,
    /// Other web origins that may call the endpoints, separated by commas, such as `https://app.example.com` or
    /// `chrome-extension://ID`
    #[arg(long, value_name = "ORIGINS")]
    allowed_origins: Option<String>,
    /// Allow sign-up without a link for every visitor
    #[arg(long)]
    open_sign_up: bool,
    /// Create the first account with this email address and the password in OWNER_PASSWORD instead of printing a link
    #[arg(long, value_name = "EMAIL")]
    owner: Option<Email>,
}

/// Errors of creating the owner's account.
#[derive(Debug, thiserror::Error)]
enum OwnerError {
    #[error("--owner needs the account's password in the variable OWNER_PASSWORD")]
    NoPassword,
    #[error("invalid password in OWNER_PASSWORD: {0}")]
    Password(InvalidPassword),
    #[error("{0} already has an account with a password other than OWNER_PASSWORD")]
    OtherPassword(Email),
}

/// Serves until the process is interrupted.
pub(crate) async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let environment = Environment::of_process();
    let owner = match arguments.owner {
        Some(email) => Some((email, owner_password(&environment)?)),
        None => None,
    };
    let (clock, random) = (Clock::of_system(), Random::of_system());
    let directory = if arguments.in_memory {
        None
    } else {
        let directory = DataDirectory::find(arguments.data)?;
        directory.create()?;
        Some(directory)
    };
    let secret = match &directory {
        Some(directory) => directory.secret(&random)?,
        None => data::fresh_secret(&random),
    };
    let (port, listeners) = listener::local(arguments.port).await?;
    let public_url: PublicUrl = format!("http://localhost:{port}").parse()?;
    let mut parameters = BTreeMap::new();
    if arguments.no_client_metadata_documents {
        parameters.insert("ClientMetadataDocuments".into(), "off".into());
    }
    if let Some(origins) = arguments.allowed_origins {
        parameters.insert("AllowedOrigins".into(), origins);
    }
    if arguments.open_sign_up {
        parameters.insert("SignUp".into(), "open".into());
    }
    let settings = StackSettings {
        public_url: public_url.clone(),
        secret,
        clock: clock.clone(),
        random: random.clone(),
        parameters,
    };
    let engine = match &directory {
        Some(directory) => Engine::open(&directory.database())?,
        None => Engine::in_memory(clock.clone())?,
    };
    let stack = functions::stack(engine, settings, Documents::of_the_web()).await?;
    let accounts = AccountStore::of_local_server(&stack.aws, &stack.template, clock, random);
    if let Some((email, password)) = owner {
        let name = stack.template.variable("SERVICE_NAME").unwrap_or_default();
        create_owner(&accounts, email, &password, name).await?;
    }

    let interruption = listener::interruption()?;
    jean_runtime::init_log(&environment);
    print(format_args!("Jean Memory is running. Press Ctrl-C to stop.\n"));
    print(format_args!("  URL for your assistant:  {}", public_url.mcp()));
    if accounts.users.is_empty().await? {
        accounts.users.forget_first().await?;
        let page = accounts.password_page(None, OWNER_LINK).await?;
        print(format_args!("  One-time sign-up link:   {}", public_url.join(&page)));
    }
    match &directory {
        Some(directory) => print(format_args!("  Data directory:          {directory}\n")),
        None => print("  Data directory:          none (in memory)\n"),
    }
    tokio::spawn(BackgroundMaintenance::of(&stack)?.run());
    tokio::spawn(stack.engine.sweep_periodically());
    let router = stack.router.layer(from_fn_with_state(OwnHosts::local(port), own_host::require));
    listener::serve(listeners, router, interruption).await;
    Ok(())
}

fn owner_password(environment: &Environment) -> Result<Zeroizing<String>, OwnerError> {
    environment.get("OWNER_PASSWORD").map(Zeroizing::new).ok_or(OwnerError::NoPassword)
}

/// Creates the owner's account, or checks the password of an account created by an earlier start.
async fn create_owner(
    accounts: &AccountStore,
    email: Email,
    password: &str,
    service_name: &str,
) -> Result<(), Box<dyn Error>> {
    let hasher = Hasher::default();
    if let Some(existing) = accounts.users.by_email(&email).await? {
        let is_correct = hasher.verify(&Password::shown(password), existing.password.as_ref());
        return if is_correct { Ok(()) } else { Err(OwnerError::OtherPassword(email).into()) };
    }
    let rules = PasswordRules { email: email.as_str(), service_name, has_passkey: false };
    let password = Password::chosen(password, &rules).map_err(OwnerError::Password)?;
    let hash = hasher.hash(&password, accounts.random.bytes());
    let user = User::new(accounts.new_user_id()?, email, accounts.clock.now(), Some(hash));
    match accounts.users.add(&user).await? {
        CreateUserResult::EmailTaken => Err(OwnerError::OtherPassword(user.email).into()),
        CreateUserResult::Yes => Ok(()),
    }
}
