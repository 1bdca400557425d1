//! `jean serve`: all functions in one local server.

mod identity_providers;
mod owner;
mod web_access;

use std::{collections::BTreeMap, error::Error, path::PathBuf};

use axum::middleware::from_fn_with_state;
use jean_auth::{
    keys::{SigningSecret, VersionedSecret, WeakSecret},
    user::Email,
};
use jean_authorize::Documents;
use jean_local::{
    engine::Engine,
    stack::{LocalSecrets, StackSettings},
};
use jean_runtime::{Clock, Environment, Random};
use jiff::SignedDuration;
use zeroize::Zeroizing;

use self::{identity_providers::ProviderParameters, web_access::MetadataDocuments};
use crate::{
    accounts::AccountStore,
    data::{self, DataDirectory},
    event_log,
    functions::{self, Outbound, ProviderWeb},
    listener,
    maintenance::BackgroundMaintenance,
    own_host::{self, OwnHosts},
    server_address::{self, AddressArgs, DEFAULT_PORT},
    terminal::print,
};

/// Lifetime of the sign-up link for the first account. Every start prints a new link while there is no account.
const OWNER_LINK: SignedDuration = SignedDuration::from_hours(1);
/// A tunnel or TLS proxy on this computer; its `X-Forwarded-For` names the source of a request.
const LOCAL_PROXY: &str = "127.0.0.0/8, ::1";

/// Arguments of `jean serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The local port to listen on; 0 for any free port
    #[arg(short, long, value_name = "N", default_value_t = DEFAULT_PORT)]
    port: u16,
    #[command(flatten)]
    address: AddressArgs,
    /// The directory for the database and the secrets [default: this user's data directory]
    #[arg(long, value_name = "DIR", conflicts_with = "in_memory")]
    data: Option<PathBuf>,
    /// Store everything in memory and discard it on exit
    #[arg(long)]
    in_memory: bool,
    /// Accept client metadata documents, which the server fetches from the web; without them, every client registers
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    client_metadata_documents: MetadataDocuments,
    /// The same as `--client-metadata-documents off`
    #[arg(long, hide = true, conflicts_with = "client_metadata_documents")]
    no_client_metadata_documents: bool,
    /// The algorithm that signs access tokens
    #[arg(long, value_name = "ALGORITHM", default_value = "HS256")]
    access_token_algorithm: Algorithm,
    /// Other web origins that may call the endpoints, separated by commas, such as `https://app.example.com` or
    /// `chrome-extension://ID`
    #[arg(long, value_name = "ORIGINS")]
    allowed_origins: Option<String>,
    /// Allow sign-up without a link for every visitor
    #[arg(long)]
    open_sign_up: bool,
    /// A JSON file of identity providers that users can sign in with, each with its `client_secret`
    #[arg(long, value_name = "FILE")]
    identity_providers: Option<PathBuf>,
    /// Create the first account with this email address and the password in OWNER_PASSWORD instead of printing a link
    #[arg(long, value_name = "EMAIL")]
    owner: Option<Email>,
    /// Log every request, not only events such as a sign-in
    #[arg(short, long)]
    verbose: bool,
}

/// A secret of the environment cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {0}: {1}; without the variable, the data directory's own secret is used")]
struct UnusableSecret(&'static str, WeakSecret);

/// The value of `--access-token-algorithm`.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Algorithm {
    /// One secret signs and verifies
    #[value(name = "HS256")]
    Hs256,
    /// A key pair, with its public key at /.well-known/jwks.json
    #[value(name = "EdDSA")]
    EdDsa,
}

/// Serves until the process is interrupted.
pub(crate) async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let environment = Environment::of_process();
    let owner = match arguments.owner {
        Some(email) => Some((email, owner::password(&environment)?)),
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
    // Held until the process ends.
    let _lock = directory.as_ref().map(DataDirectory::lock).transpose()?;
    let root = match &directory {
        Some(directory) => directory.root_secret(&random)?,
        None => data::fresh_secret(&random),
    };
    let signing = match (environment.get("JWT_SECRET_KEY"), &directory) {
        (Some(secret), _) => {
            SigningSecret::new(&secret, None).map_err(|weak| UnusableSecret("JWT_SECRET_KEY", weak))?;
            Zeroizing::new(secret)
        }
        (None, Some(directory)) => directory.signing_secret(&root, &random)?,
        (None, None) => data::fresh_secret(&random),
    };
    let private_key = match arguments.access_token_algorithm {
        Algorithm::Hs256 => None,
        Algorithm::EdDsa => Some(private_key(&environment, directory.as_ref(), &random)?),
    };
    let address = arguments.address.resolve(directory.as_ref().map(DataDirectory::path))?;
    let (port, listeners) = match address.listen {
        Some(ip) => listener::one(ip, arguments.port).await?,
        None => listener::local(arguments.port).await?,
    };
    let public_url = match address.public_url {
        Some(url) => url,
        None => format!("http://localhost:{port}").parse()?,
    };
    let documents = Documents::of_the_web();
    let accepts = if arguments.no_client_metadata_documents {
        MetadataDocuments::Off
    } else {
        arguments.client_metadata_documents
    };
    let (accepted, unreachable) = accepts.decide(&documents).await;
    let mut parameters: BTreeMap<String, String> =
        BTreeMap::from([("ClientMetadataDocuments".into(), accepted.into())]);
    // The disk is the operator's own.
    for quota in ["MemoriesPerUser", "BytesPerUser", "BytesPerDay"] {
        parameters.insert(quota.into(), "0".into());
    }
    if let Some(origins) = arguments.allowed_origins {
        parameters.insert("AllowedOrigins".into(), origins);
    }
    if arguments.open_sign_up {
        parameters.insert("SignUp".into(), "open".into());
    }
    if let Some(path) = arguments.identity_providers {
        let ProviderParameters { providers, secrets } = ProviderParameters::read(&path, &public_url)?;
        parameters.insert("IdentityProviders".into(), providers);
        parameters.insert("IdentitySecretsJson".into(), secrets);
    }
    if public_url.is_https() {
        parameters.insert("TrustedProxies".into(), LOCAL_PROXY.into());
    }
    let settings = StackSettings {
        public_url: public_url.clone(),
        secrets: LocalSecrets { signing, root, private_key },
        clock: clock.clone(),
        random: random.clone(),
        parameters,
    };
    let engine = match &directory {
        Some(directory) => Engine::open(&directory.database())?,
        None => Engine::in_memory(clock.clone())?,
    };
    let stack =
        functions::stack(engine, settings, Outbound { documents, providers: ProviderWeb::with_loopback() }).await?;
    let accounts = AccountStore::of_local_server(&stack.aws, &stack.template, clock.clone(), random);
    if let Some((email, password)) = owner {
        let name = stack.template.variable("SERVICE_NAME").unwrap_or_default();
        owner::create(&accounts, email, &password, name).await?;
    }
    if let Some(directory) = &directory {
        server_address::store(&public_url, address.listen, directory.path())?;
    }

    let interruption = listener::interruption()?;
    if arguments.verbose {
        jean_runtime::init_log(&environment);
    } else {
        event_log::init(clock);
    }
    print(format_args!("Jean Memory is running. Press Ctrl-C to stop.\n"));
    print(format_args!("  URL for your assistant:  {}", public_url.mcp()));
    print(format_args!("  Your account:            {}", public_url.join("/account")));
    if accounts.users.is_empty().await? {
        accounts.users.forget_first().await?;
        let page = accounts.password_page(None, OWNER_LINK).await?;
        print(format_args!("  One-time sign-up link:   {}", public_url.join(&page)));
    }
    if public_url.is_https() {
        print(format_args!("  Forward requests to:     http://localhost:{port}"));
    }
    if let Some(reason) = unreachable {
        print(format_args!("  Client documents:        off, since none can be fetched ({reason})"));
    }
    match &directory {
        Some(directory) => print(format_args!("  Data directory:          {directory}\n")),
        None => print("  Data directory:          none (in memory)\n"),
    }
    tokio::spawn(BackgroundMaintenance::of(&stack)?.with_encoder().run());
    tokio::spawn(stack.engine.sweep_periodically());
    let hosts = OwnHosts::of(port, &public_url);
    let router = stack.router.layer(from_fn_with_state(hosts, own_host::require));
    listener::serve(listeners, router, interruption).await;
    stack.shutdown.run().await;
    Ok(())
}

/// The private key of access tokens: that of the environment or of the data directory.
fn private_key(
    environment: &Environment,
    directory: Option<&DataDirectory>,
    random: &Random,
) -> Result<Zeroizing<String>, Box<dyn Error>> {
    const NAME: &str = "ACCESS_TOKEN_PRIVATE_KEY";
    match (environment.get(NAME), directory) {
        (Some(pem), _) => {
            SigningSecret::key_pair(pem.as_bytes(), None).map_err(|weak| UnusableSecret(NAME, weak))?;
            Ok(Zeroizing::new(pem))
        }
        (None, Some(directory)) => Ok(directory.private_key(random)?),
        (None, None) => Ok(data::fresh_private_key(random)),
    }
}
