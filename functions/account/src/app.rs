//! The state of the function.

use std::{ops::Deref, sync::Arc};

use axum::extract::FromRef;
use jean_auth::public_url::PublicUrl;
use jean_memory_service::MemoryService;
use jean_pages::Branding;
use jean_runtime::{Clock, Context, Platform, Random, SigningKeys, StartError};
use jean_store::{
    Table, api_keys::ApiKeys, deletion::Deletion, grants::Grants, notifications::Notifications, sessions::Sessions,
    users::Users,
};
use jiff::SignedDuration;

/// Size of the index cache of one instance, in bytes.
const INDEX_CACHE_BYTES: usize = 64_000_000;
/// Time that one request spends on long work. API Gateway times out after 30 seconds.
const WORK_TIME: SignedDuration = SignedDuration::from_secs(15);

/// The state within one request.
pub(crate) type App = Context<AppState>;

/// The state, shared by all requests of an instance.
#[derive(Clone)]
pub(crate) struct AppState(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) public_url: PublicUrl,
    pub(crate) look: Branding,
    pub(crate) grants: Grants,
    pub(crate) sessions: Sessions,
    pub(crate) notices: Notifications,
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
        let environment = &platform.environment;
        let auth_table = Table::new(&platform.aws, &environment.require("AUTH_TABLE")?);
        let users_table = auth_table.beside(&environment.require("USERS_TABLE")?);
        let memories_table = auth_table.beside(&environment.require("MEMORIES_TABLE")?);
        // One connection serves all tables.
        let (signing_keys, ()) = tokio::join!(SigningKeys::load(platform), auth_table.connect());
        Ok(Self(Arc::new(Inner {
            public_url: platform.public_url()?,
            look: Branding::new(environment)?,
            grants: Grants::new(auth_table.clone()),
            sessions: Sessions::new(auth_table.clone()),
            notices: Notifications::new(auth_table.clone()),
            users: Users::new(users_table.clone()),
            api_keys: ApiKeys::new(users_table.clone()),
            service: MemoryService::new(memories_table.clone(), INDEX_CACHE_BYTES),
            deletion: Deletion::new(auth_table, users_table, memories_table),
            random: platform.random.clone(),
            signing_keys: signing_keys?,
            clock: platform.clock.clone(),
        })))
    }
}

impl Deref for AppState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Inner {
    /// Returns a closure that is `true` until [`WORK_TIME`] has passed. Long work asks it between steps.
    pub(crate) fn while_there_is_time(&self) -> impl Fn() -> bool {
        let began = self.clock.now();
        move || self.clock.now().duration_since(began) < WORK_TIME
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
