//! The accounts that a command operates on, in a local database or the tables of a deployed stack.

use std::{error::Error, path::PathBuf};

use aws_types::SdkConfig;
use jean_auth::{
    public_url::PublicUrl,
    secret::PasswordLink as LinkSecret,
    user::{Email, User, UserId},
};
use jean_local::{
    engine::Engine,
    template::{ParameterValues, Template},
};
use jean_memory_service::{IdGenerator, MemoryService};
use jean_runtime::{Clock, Random};
use jean_store::{
    StoreError, Table,
    account_access::AccountAccess,
    account_list::AccountList,
    api_keys::ApiKeys,
    deletion::Deletion,
    grants::Grants,
    identities::Identities,
    notifications::Notifications,
    passkeys::Passkeys,
    password_links::{PasswordLink, PasswordLinks},
    sessions::Sessions,
    users::Users,
    ways_in::is_invited,
};
use jiff::SignedDuration;
use zeroize::Zeroizing;

use crate::{
    data::DataDirectory,
    deployed_stack::{DeployedStack, aws_for_tables},
    server_address::last_public_url,
};

/// Size of the index cache for imports, in bytes.
const INDEX_CACHE_BYTES: usize = 100_000_000;

/// Arguments that select the store.
#[derive(Debug, clap::Args)]
pub(crate) struct StoreArgs {
    /// The data directory of `jean serve` [default: this user's data directory]
    #[arg(long, value_name = "DIR", conflicts_with_all = ["stack", "auth_table", "users_table", "memories_table"])]
    data: Option<PathBuf>,
    /// The name of a deployed stack; reads its tables and address from its outputs, with the credentials of the AWS CLI
    #[arg(long, value_name = "NAME", conflicts_with_all = ["auth_table", "users_table", "memories_table"])]
    stack: Option<String>,
    /// The auth table of a deployed stack, or a restored one; read with the credentials of the AWS CLI
    #[arg(long, value_name = "NAME", env = "AUTH_TABLE", requires_all = ["users_table", "memories_table"])]
    auth_table: Option<String>,
    /// The users table of a deployed stack
    #[arg(long, value_name = "NAME", env = "USERS_TABLE", requires_all = ["auth_table", "memories_table"])]
    users_table: Option<String>,
    /// The memories table of a deployed stack
    #[arg(long, value_name = "NAME", env = "MEMORIES_TABLE", requires_all = ["auth_table", "users_table"])]
    memories_table: Option<String>,
}

/// Access to the accounts and the data that belongs to them.
pub(crate) struct AccountStore {
    pub(crate) users: Users,
    pub(crate) links: PasswordLinks,
    pub(crate) keys: ApiKeys,
    pub(crate) notifications: Notifications,
    pub(crate) service: MemoryService,
    pub(crate) deletion: Deletion,
    pub(crate) access: AccountAccess,
    pub(crate) account_list: AccountList,
    pub(crate) grants: Grants,
    pub(crate) sessions: Sessions,
    pub(crate) passkeys: Passkeys,
    pub(crate) identities: Identities,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
}

/// No user has the given email address or id.
#[derive(Debug, thiserror::Error)]
#[error("no user with the email address or id {0}; `jean user list` lists all users")]
pub(crate) struct UnknownUser(String);

/// The user's account is being deleted.
#[derive(Debug, thiserror::Error)]
#[error("the account of {0} is being deleted; run `jean user remove {0}` to finish")]
pub(crate) struct DeletionPending(pub(crate) String);

/// The account is disabled, so nothing gives access to it.
#[derive(Debug, thiserror::Error)]
#[error("the account of {0} is disabled; enable it first: jean user enable {0}")]
pub(crate) struct Disabled(Email);

/// The public URL of a deployed stack is not known.
#[derive(Debug, thiserror::Error)]
#[error("pass the stack's address with --public-url, such as https://memory.example.com")]
pub(crate) struct NoPublicUrl;

/// Argument that names the server in printed links.
#[derive(Debug, clap::Args)]
pub(crate) struct PublicUrlArg {
    /// The public URL of the server [default: that of the stack, or of the last start of `jean serve` on the data directory]
    #[arg(long, value_name = "URL", env = "PUBLIC_URL", hide_env_values = true)]
    public_url: Option<PublicUrl>,
}

/// The place of a store.
enum StorePlace {
    Local(DataDirectory),
    Tables(SdkConfig, [String; 3]),
    Stack(DeployedStack),
}

impl StorePlace {
    fn open(&self) -> Result<AccountStore, Box<dyn Error>> {
        let (clock, random) = (Clock::of_system(), Random::of_system());
        let directory = match self {
            Self::Tables(aws, tables) | Self::Stack(DeployedStack { aws, tables, .. }) => {
                return Ok(AccountStore::new(aws, tables.each_ref().map(String::as_str), clock, random));
            }
            Self::Local(directory) => directory,
        };
        let engine = Engine::open(&directory.existing_database()?)?;
        let template = Template::of_project(&ParameterValues::for_tables())?;
        engine.create_tables(&template.tables)?;
        Ok(AccountStore::of_local_server(&engine.aws(), &template, clock, random))
    }

    /// The public URL of the server.
    fn public_url(&self) -> Result<PublicUrl, Box<dyn Error>> {
        match self {
            Self::Local(directory) => Ok(last_public_url(directory.path())?),
            Self::Tables(..) => Err(NoPublicUrl.into()),
            Self::Stack(stack) => Ok(stack.public_url.clone()),
        }
    }
}

impl StoreArgs {
    async fn locate(self) -> Result<StorePlace, Box<dyn Error>> {
        if let Some(name) = self.stack {
            return Ok(StorePlace::Stack(DeployedStack::read(&name).await?));
        }
        match (self.auth_table, self.users_table, self.memories_table) {
            (Some(auth), Some(users), Some(memories)) => {
                Ok(StorePlace::Tables(aws_for_tables().await?, [auth, users, memories]))
            }
            _ => Ok(StorePlace::Local(DataDirectory::find(self.data)?)),
        }
    }

    /// Opens the store.
    pub(crate) async fn open(self) -> Result<AccountStore, Box<dyn Error>> {
        self.locate().await?.open()
    }

    /// Opens the store and returns the URL given, or that of its server, for links.
    pub(crate) async fn open_at(self, url: PublicUrlArg) -> Result<(AccountStore, PublicUrl), Box<dyn Error>> {
        let place = self.locate().await?;
        let accounts = place.open()?;
        let public_url = url.public_url.map_or_else(|| place.public_url(), Ok)?;
        Ok((accounts, public_url))
    }
}

impl AccountStore {
    /// The accounts of a local server, with the table names of its functions' variables.
    pub(crate) fn of_local_server(aws: &SdkConfig, template: &Template, clock: Clock, random: Random) -> Self {
        let table = |variable| template.variable(variable).unwrap_or_default();
        Self::new(aws, [table("AUTH_TABLE"), table("USERS_TABLE"), table("MEMORIES_TABLE")], clock, random)
    }

    fn new(aws: &SdkConfig, [auth, users, memories]: [&str; 3], clock: Clock, random: Random) -> Self {
        let [auth, users, memories] = [auth, users, memories].map(|name| Table::new(aws, name));
        let ids = {
            let (clock, random) = (clock.clone(), random.clone());
            IdGenerator::new(move || clock.now(), move |bytes| random.fill(bytes))
        };
        let service = MemoryService::new(memories.clone(), INDEX_CACHE_BYTES, ids);
        Self {
            users: Users::new(users.clone()),
            links: PasswordLinks::new(users.clone()),
            keys: ApiKeys::new(users.clone()),
            notifications: Notifications::new(auth.clone()),
            service,
            access: AccountAccess::new(auth.clone(), users.clone()),
            account_list: AccountList::new(users.clone()),
            grants: Grants::new(auth.clone()),
            sessions: Sessions::new(auth.clone()),
            passkeys: Passkeys::new(users.clone()),
            identities: Identities::new(users.clone()),
            deletion: Deletion::new(auth, users, memories),
            clock,
            random,
        }
    }

    /// Finds a user by email address or id.
    pub(crate) async fn find(&self, email_or_id: &str) -> Result<User, Box<dyn Error>> {
        let found = match (email_or_id.parse::<Email>(), email_or_id.parse::<UserId>()) {
            (Ok(email), _) => self.users.by_email(&email).await?,
            (_, Ok(user_id)) => self.users.by_id(&user_id).await?,
            _ => None,
        };
        found.ok_or_else(|| UnknownUser(email_or_id.into()).into())
    }

    /// Finds a user with an enabled account.
    pub(crate) async fn find_enabled(&self, email_or_id: &str) -> Result<User, Box<dyn Error>> {
        let user = self.find(email_or_id).await?;
        if user.is_disabled { Err(Disabled(user.email).into()) } else { Ok(user) }
    }

    /// `true` if the user has not signed up yet.
    pub(crate) async fn is_invited(&self, user: &User) -> Result<bool, StoreError> {
        // Lists of many users are faster without reads for those who have a password.
        if user.password.is_some() {
            return Ok(false);
        }
        let passkeys = self.passkeys.list(&user.user_id).await?;
        let identities = self.identities.list(&user.user_id).await?;
        Ok(is_invited(user, &passkeys, &identities))
    }

    /// Creates a one-time password link and returns its path. Without a user, the link creates the first account.
    pub(crate) async fn password_page(
        &self,
        user: Option<&User>,
        lifetime: SignedDuration,
    ) -> Result<Zeroizing<String>, StoreError> {
        let secret = LinkSecret::new(self.random.bytes());
        let link = PasswordLink::new(user, self.clock.now() + lifetime);
        if !self.links.create(&link, &secret.hash()).await? {
            return Err(StoreError::AccountDeleted);
        }
        Ok(secret.path())
    }

    /// Generates a user id.
    pub(crate) fn new_user_id(&self) -> Result<UserId, jean_auth::text::InvalidValue> {
        self.random.id().parse()
    }
}
