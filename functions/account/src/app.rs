//! The state of the function.

use jean_auth::identity_provider::IdentityProviders;
use jean_memory_service::{IdGenerator, MemoryService};
use jean_pages::Branding;
use jean_runtime::{Clock, Context, FunctionState, Platform, Random, RootKeys, StartError};
use jean_store::{
    Table, account_access::AccountAccess, account_list::AccountList, api_keys::ApiKeys, app_usage::AppUsage,
    deletion::Deletion, grants::Grants, identities::Identities, notifications::Notifications, passkeys::Passkeys,
    password_links::PasswordLinks, sessions::Sessions, users::Users,
};
use jiff::SignedDuration;

use crate::settings::Settings;

/// Size of the index cache of an instance, in bytes.
const INDEX_CACHE_BYTES: usize = 64_000_000;
/// Time limit for long operations in one request. API Gateway's timeout is 30 seconds.
const TIME_LIMIT: SignedDuration = SignedDuration::from_secs(15);

/// The state within one request.
pub(crate) type App = Context<AppState, RootKeys>;

/// The state, shared by all requests of an instance.
pub(crate) struct AppState {
    pub(crate) branding: Branding,
    pub(crate) grants: Grants,
    pub(crate) sessions: Sessions,
    pub(crate) notifications: Notifications,
    pub(crate) users: Users,
    pub(crate) account_list: AccountList,
    pub(crate) account_access: AccountAccess,
    pub(crate) password_links: PasswordLinks,
    pub(crate) api_keys: ApiKeys,
    pub(crate) passkeys: Passkeys,
    pub(crate) identities: Identities,
    pub(crate) providers: IdentityProviders,
    pub(crate) usage: AppUsage,
    pub(crate) service: MemoryService,
    pub(crate) deletion: Deletion,
    pub(crate) random: Random,
    clock: Clock,
}

impl AppState {
    pub(crate) async fn start(
        platform: &Platform,
        settings: Settings,
    ) -> Result<FunctionState<Self, RootKeys>, StartError> {
        let auth_table = Table::new(&platform.aws, &settings.auth_table);
        let users_table = auth_table.beside(&settings.users_table);
        let memories_table = auth_table.beside(&settings.memories_table);
        // The tables share one connection, which is opened while the keys are loaded.
        let (keys, ()) = tokio::join!(RootKeys::load(platform), auth_table.connect());
        let (clock, random) = (platform.clock.clone(), platform.random.clone());
        let ids = IdGenerator::new(move || clock.now(), move |bytes| random.fill(bytes));
        let own = Self {
            branding: settings.branding,
            grants: Grants::new(auth_table.clone()),
            sessions: Sessions::new(auth_table.clone()),
            notifications: Notifications::new(auth_table.clone()),
            users: Users::new(users_table.clone()),
            account_list: AccountList::new(users_table.clone()),
            account_access: AccountAccess::new(auth_table.clone(), users_table.clone()),
            password_links: PasswordLinks::new(users_table.clone()),
            api_keys: ApiKeys::new(users_table.clone()),
            passkeys: Passkeys::new(users_table.clone()),
            identities: Identities::new(users_table.clone()),
            providers: settings.providers,
            usage: AppUsage::new(memories_table.clone()),
            service: MemoryService::new(memories_table.clone(), INDEX_CACHE_BYTES, ids).with_quotas(settings.quotas),
            deletion: Deletion::new(auth_table, users_table, memories_table),
            clock: platform.clock.clone(),
            random: platform.random.clone(),
        };
        Ok(FunctionState::new(platform, settings.public_url, keys?, own))
    }

    /// Starts the time limit of a long operation, which calls the result between steps: `true` while time remains.
    pub(crate) fn time_limit(&self) -> impl Fn() -> bool {
        let started_at = self.clock.now();
        move || self.clock.now().duration_since(started_at) < TIME_LIMIT
    }
}
