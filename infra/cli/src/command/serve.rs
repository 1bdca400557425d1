//! `jean serve`: all functions in one local server.

mod announcement;
mod identity_providers;
mod owner;
mod secrets;
mod web_access;

use std::{collections::BTreeMap, error::Error, path::PathBuf};

use axum::middleware::from_fn_with_state;
use jean_auth::{public_url::PublicUrl, user::Email};
use jean_authorize::Documents;
use jean_local::{engine::Engine, stack::StackSettings};
use jean_runtime::{Clock, Environment, Random};

use self::{
    announcement::Announcement,
    identity_providers::{ProviderParameters, UnusableFile},
    secrets::Algorithm,
    web_access::MetadataDocuments,
};
use crate::{
    accounts::AccountStore,
    data::{DataDirectory, DataError},
    event_log,
    functions::{self, Outbound, ProviderWeb},
    listener,
    maintenance::BackgroundMaintenance,
    own_host::{self, OwnHosts},
    server_address::{self, AddressArgs, DEFAULT_PORT},
};

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
    /// Create the first account with this email address and the password in OWNER_PASSWORD instead of printing a link. A
    /// later start may repeat both
    #[arg(long, value_name = "EMAIL")]
    owner: Option<Email>,
    /// Log every request, not only events such as a sign-in
    #[arg(short, long)]
    verbose: bool,
}

impl Arguments {
    /// The data directory, created if it is new, unless everything is stored in memory.
    fn directory(&self) -> Result<Option<DataDirectory>, DataError> {
        if self.in_memory {
            return Ok(None);
        }
        let directory = DataDirectory::find(self.data.clone())?;
        directory.create()?;
        Ok(Some(directory))
    }

    fn metadata_documents(&self) -> MetadataDocuments {
        if self.no_client_metadata_documents { MetadataDocuments::Off } else { self.client_metadata_documents }
    }

    /// The parameters of template.yaml that differ from its defaults.
    fn parameters(&self, public_url: &PublicUrl) -> Result<BTreeMap<String, String>, UnusableFile> {
        // The disk is the operator's own.
        let unlimited = ["MemoriesPerUser", "BytesPerUser", "BytesPerDay"];
        let mut parameters = BTreeMap::from(unlimited.map(|quota| (quota.to_owned(), "0".to_owned())));
        if let Some(origins) = &self.allowed_origins {
            parameters.insert("AllowedOrigins".into(), origins.clone());
        }
        if self.open_sign_up {
            parameters.insert("SignUp".into(), "open".into());
        }
        if let Some(path) = &self.identity_providers {
            let ProviderParameters { providers, secrets } = ProviderParameters::read(path, public_url)?;
            parameters.insert("IdentityProviders".into(), providers);
            parameters.insert("IdentitySecretsJson".into(), secrets);
        }
        if public_url.is_https() {
            parameters.insert("TrustedProxies".into(), LOCAL_PROXY.into());
        }
        Ok(parameters)
    }
}

/// Serves until the process is interrupted.
pub(crate) async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let environment = Environment::of_process();
    let (clock, random) = (Clock::of_system(), Random::of_system());
    let owner = match &arguments.owner {
        Some(email) => Some((email.clone(), owner::password(&environment)?)),
        None => None,
    };
    let directory = arguments.directory()?;
    // Held until the process ends.
    let _lock = directory.as_ref().map(DataDirectory::lock).transpose()?;
    let secrets = secrets::read(&environment, directory.as_ref(), arguments.access_token_algorithm, &random)?;
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
    let (accepted, unreachable) = arguments.metadata_documents().decide(&documents).await;
    let mut parameters = arguments.parameters(&public_url)?;
    parameters.insert("ClientMetadataDocuments".into(), accepted.into());

    let engine = match &directory {
        Some(directory) => Engine::open(&directory.database())?,
        None => Engine::in_memory(clock.clone())?,
    };
    let settings = StackSettings {
        public_url: public_url.clone(),
        secrets,
        clock: clock.clone(),
        random: random.clone(),
        parameters,
    };
    let outbound = Outbound { documents, providers: ProviderWeb::with_loopback() };
    let stack = functions::stack(engine, settings, outbound).await?;
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
    Announcement { public_url: &public_url, port, unreachable, directory: directory.as_ref() }.print(&accounts).await?;
    tokio::spawn(BackgroundMaintenance::of(&stack)?.with_encoder().run());
    tokio::spawn(stack.engine.sweep_periodically());
    let hosts = OwnHosts::of(port, &public_url);
    let router = stack.router.layer(from_fn_with_state(hosts, own_host::require));
    listener::serve(listeners, router, interruption).await;
    stack.shutdown.run().await;
    Ok(())
}
