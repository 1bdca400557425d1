//! The state of the function.

use std::{ops::Deref, sync::Arc};

use axum::extract::FromRef;
use jean_auth::public_url::PublicUrl;
use jean_memory_service::{IdGenerator, MemoryService};
use jean_pages::Branding;
use jean_runtime::{Clock, Context, Platform, Random, SigningKeys, StartError};
use jean_store::{
    Table, api_keys::ApiKeys, deletion::Deletion, grants::Grants, notifications::Notifications, sessions::Sessions,
    users::Users,
};
use jiff::SignedDuration;

/// Size of the index cache of an instance, in bytes.
const INDEX_CACHE_BYTES: usize = 64_000_000;
/// Time limit for long operations in one request. API Gateway's timeout is 30 seconds.
const TIME_LIMIT: SignedDuration = SignedDuration::from_secs(15);

/// The state within one request.
pub(crate) type App = Context<AppState>;

/// The state, shared by all requests of an instance.
#[derive(Clone)]
pub(crate) struct AppState(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) public_url: PublicUrl,
    pub(crate) branding: Branding,
    pub(crate) grants: Grants,
    pub(crate) sessions: Sessions,
    pub(crate) notifications: Notifications,
    pub(crate) users: Users,
    pub(crate) api_keys: ApiKeys,
    pub(crate) service: MemoryService,
    pub(crate) deletion: Deletion,
    pub(crate) random: Random,
    signing_keys: SigningKeys,
    clock: Clock,
}

impl AppState {
    pub(crate) async fn new(platform: &Platform) -> Result<Self, StartError> {
        let auth_table = Table::new(&platform.aws, &platform.environment.require("AUTH_TABLE")?);
        let users_table = auth_table.beside(&platform.environment.require("USERS_TABLE")?);
        let memories_table = auth_table.beside(&platform.environment.require("MEMORIES_TABLE")?);
        let public_url = platform.public_url()?;
        let branding = Branding::new(&platform.environment)?;
        // The tables share one connection, which is opened while the keys are loaded.
        let (signing_keys, ()) = tokio::join!(SigningKeys::load(platform), auth_table.connect());
        let (clock, random) = (platform.clock.clone(), platform.random.clone());
        let ids = IdGenerator::new(move || clock.now(), move |bytes| random.fill(bytes));
        Ok(Self(Arc::new(Inner {
            public_url,
            branding,
            signing_keys: signing_keys?,
            grants: Grants::new(auth_table.clone()),
            sessions: Sessions::new(auth_table.clone()),
            notifications: Notifications::new(auth_table.clone()),
            users: Users::new(users_table.clone()),
            api_keys: ApiKeys::new(users_table.clone()),
            service: MemoryService::new(memories_table.clone(), INDEX_CACHE_BYTES, ids),
            deletion: Deletion::new(auth_table, users_table, memories_table),
            clock: platform.clock.clone(),
            random: platform.random.clone(),
        })))
    }

    /// Starts the time limit of a long operation, which calls the result between steps: `true` while time remains.
    pub(crate) fn time_limit(&self) -> impl Fn() -> bool {
        let started_at = self.clock.now();
        move || self.clock.now().duration_since(started_at) < TIME_LIMIT
    }
}

impl Deref for AppState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl FromRef<AppState> for PublicUrl {
    fn from_ref(app: &AppState) -> Self {
        app.public_url.clone()
    }
}

impl FromRef<AppState> for SigningKeys {
    fn from_ref(app: &AppState) -> Self {
        app.signing_keys.clone()
    }
}

impl FromRef<AppState> for Clock {
    fn from_ref(app: &AppState) -> Self {
        app.clock.clone()
    }
}
