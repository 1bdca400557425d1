//! Whose data a command works on: the people of a desk, or of a deployed stack.

use std::{error::Error, path::PathBuf};

use aws_types::SdkConfig;
use jean_auth::{
    secret::PasswordLink as LinkSecret,
    user::{Email, User, UserId},
};
use jean_local::{
    engine::Engine,
    template::{Given, Template},
};
use jean_memory_service::{IdGenerator, MemoryService};
use jean_runtime::{Clock, Environment, Random};
use jean_store::{
    StoreError, Table,
    api_keys::ApiKeys,
    deletion::Deletion,
    password_links::{PasswordLink, PasswordLinks},
    users::Users,
};
use jiff::SignedDuration;
use zeroize::Zeroizing;

use crate::data::DataDirectory;

/// How much of one person's index an import keeps at hand.
const INDEX_CACHE_BYTES: usize = 100_000_000;

/// Where the people are kept.
#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// The directory `jean serve` keeps everything in [default: this user's data directory]
    #[arg(long, value_name = "DIR", conflicts_with_all = ["auth_table", "users_table", "memories_table"])]
    data: Option<PathBuf>,
    /// The auth table of a deployed stack; with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION set
    #[arg(long, value_name = "NAME", env = "AUTH_TABLE", requires_all = ["users_table", "memories_table"])]
    auth_table: Option<String>,
    /// The users table of a deployed stack
    #[arg(long, value_name = "NAME", env = "USERS_TABLE", requires_all = ["auth_table", "memories_table"])]
    users_table: Option<String>,
    /// The memories table of a deployed stack
    #[arg(long, value_name = "NAME", env = "MEMORIES_TABLE", requires_all = ["auth_table", "users_table"])]
    memories_table: Option<String>,
}

/// Everything that is kept about people.
pub(crate) struct People {
    pub(crate) users: Users,
    pub(crate) links: PasswordLinks,
    pub(crate) keys: ApiKeys,
    pub(crate) service: MemoryService,
    pub(crate) deletion: Deletion,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
}

/// Nobody is meant.
#[derive(Debug, thiserror::Error)]
#[error("nobody here has the address or id {0}; `jean user list` shows who there is")]
pub(crate) struct Nobody(String);

impl Place {
    /// Opens it.
    pub(crate) fn open(self) -> Result<People, Box<dyn Error>> {
        if let (Some(auth), Some(users), Some(memories)) = (self.auth_table, self.users_table, self.memories_table) {
            let aws = jean_runtime::aws_config(&Environment::of_process())?;
            return Ok(People::new(&aws, [&auth, &users, &memories], Clock::of_system(), Random::of_system()));
        }
        let engine = Engine::open(&DataDirectory::find(self.data)?.existing_database()?)?;
        let template = Template::of_project(&Given::for_tables())?;
        engine.create_tables(&template.tables)?;
        Ok(People::of_desk(&engine.aws(), &template, Clock::of_system(), Random::of_system()))
    }
}

impl People {
    /// The people of a desk, whose tables have the names its functions know them by.
    pub(crate) fn of_desk(aws: &SdkConfig, template: &Template, clock: Clock, random: Random) -> Self {
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
        let deletion = Deletion::new(auth, users.clone(), memories);
        Self {
            users: Users::new(users.clone()),
            links: PasswordLinks::new(users.clone()),
            keys: ApiKeys::new(users),
            service,
            deletion,
            clock,
            random,
        }
    }

    /// Whoever has this address or id.
    pub(crate) async fn find(&self, named: &str) -> Result<User, Box<dyn Error>> {
        let found = match (named.parse::<Email>(), named.parse::<UserId>()) {
            (Ok(email), _) => self.users.by_email(&email).await?,
            (_, Ok(user_id)) => self.users.by_id(&user_id).await?,
            _ => None,
        };
        found.ok_or_else(|| Nobody(named.into()).into())
    }

    /// The path of a page, good once, that sets a password: that of an account, or of the first one to be made.
    pub(crate) async fn password_page(
        &self,
        user_id: Option<UserId>,
        lifetime: SignedDuration,
    ) -> Result<Zeroizing<String>, StoreError> {
        let secret = LinkSecret::new(self.random.bytes());
        let link = PasswordLink { user_id, expires_at: self.clock.now() + lifetime, used_by: None };
        self.links.create(&link, &secret.hash()).await?;
        Ok(Zeroizing::new(format!("/account/password?link={}", *secret.expose())))
    }

    /// A new account's id.
    pub(crate) fn fresh_id(&self) -> Result<UserId, jean_auth::text::InvalidValue> {
        self.random.id().parse()
    }
}
