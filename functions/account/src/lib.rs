//! A person's own pages: what is kept for them, and who may use it.
//!
//! Whoever opens one is asked to sign in by functions/authorize, and comes back. A form goes to the address of the page
//! it stands on, and is answered with a redirect: neither a reload nor the back button sends it again. Each is bound to
//! the sign-in and to that address (T-11, T-16), in the one place that reads forms: [`person::OwnForm`].

mod connection;
mod data;
mod delete;
mod error;
mod frame;
mod keys;
mod memories;
mod notices;
mod overview;
mod person;
mod security;
mod texts;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef},
    middleware,
    routing::get,
};
use jean_auth::{keys::Keyring, public_url::PublicUrl};
use jean_memory_service::MemoryService;
use jean_pages::{Branding, page};
use jean_runtime::{Clock, Platform, Random, SigningKeys, StartError};
use jean_store::{
    Table, api_keys::ApiKeys, deletion::Deletion, grants::Grants, notifications::Notifications, sessions::Sessions,
    users::Users,
};
use jiff::SignedDuration;

/// How much of the indexes it has read an instance keeps.
const INDEX_CACHE_BYTES: usize = 64_000_000;

/// The largest form with a file: what Lambda is called with has at most 6 MB, in which it is a third longer.
const FILE_BYTES: usize = 4_500_000;

#[derive(Clone)]
struct App(Arc<Inner>);

struct Inner {
    public_url: PublicUrl,
    look: Branding,
    signing_keys: SigningKeys,
    grants: Grants,
    sessions: Sessions,
    notices: Notifications,
    users: Users,
    api_keys: ApiKeys,
    service: MemoryService,
    deletion: Deletion,
    clock: Clock,
    random: Random,
}

impl std::ops::Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl FromRef<App> for PublicUrl {
    fn from_ref(app: &App) -> Self {
        app.public_url.clone()
    }
}

/// How long one request does what may be much: API Gateway waits for 30 seconds.
const AT_ONCE: SignedDuration = SignedDuration::from_secs(15);

impl App {
    /// Whether there is time for more, asked again and again by what may be much.
    fn while_there_is_time(&self) -> impl Fn() -> bool {
        let began = self.clock.now();
        move || self.clock.now().duration_since(began) < AT_ONCE
    }

    /// What signs now.
    fn keys(&self) -> Arc<Keyring> {
        self.signing_keys.current(self.clock.now())
    }
}

/// The function's routes.
///
/// # Errors
/// [`StartError`] when a setting is missing or wrong.
pub async fn router(platform: &Platform) -> Result<Router, StartError> {
    let auth_table = Table::new(&platform.aws, platform.environment.require("AUTH_TABLE")?);
    let users_table = auth_table.beside(platform.environment.require("USERS_TABLE")?);
    let memories_table = auth_table.beside(platform.environment.require("MEMORIES_TABLE")?);
    // One connection serves all tables.
    let (keys, ()) = tokio::join!(SigningKeys::load(platform), auth_table.connect());
    let app = App(Arc::new(Inner {
        public_url: platform.public_url()?,
        look: Branding::new(&platform.environment)?,
        signing_keys: keys?,
        grants: Grants::new(auth_table.clone()),
        sessions: Sessions::new(auth_table.clone()),
        notices: Notifications::new(auth_table.clone()),
        users: Users::new(users_table.clone()),
        api_keys: ApiKeys::new(users_table.clone()),
        service: MemoryService::new(memories_table.clone(), INDEX_CACHE_BYTES),
        deletion: Deletion::new(auth_table, users_table, memories_table),
        clock: platform.clock.clone(),
        random: platform.random.clone(),
    }));
    Ok(Router::new()
        .route("/account", get(overview::show).post(overview::disconnect))
        .route("/account/notices", get(notices::back).post(notices::dismiss))
        .route("/account/security", get(security::show).post(security::end))
        .route("/account/connections/{id}", get(connection::show).post(connection::change))
        .route("/account/memories", get(memories::show).post(memories::add))
        .route("/account/memories/{id}", get(memories::memory::show).post(memories::memory::change))
        .route("/account/data", get(data::show).post(data::import).layer(DefaultBodyLimit::max(FILE_BYTES)))
        .route("/account/data/export", get(data::export))
        .route("/account/keys", get(keys::show).post(keys::change))
        .route("/account/delete", get(delete::ask).post(delete::delete))
        .layer(middleware::map_response_with_state(app.look.clone(), page::with_messages))
        .layer(middleware::from_fn_with_state((app.signing_keys.clone(), app.clock.clone()), jean_runtime::fresh_keys))
        .with_state(app)
        .layer(middleware::from_fn(jean_runtime::trace)))
}
