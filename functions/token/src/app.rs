//! The state of the function.

use axum::extract::FromRef;
use jean_auth::{client::Client, grant::Lifetimes, user::UserId};
use jean_runtime::{Context, FunctionState, Platform, Random, StartError, TokenKeys, TrustedProxies};
use jean_store::{
    StoreError, Table,
    clients::Clients,
    codes::Codes,
    grants::Grants,
    notifications::{Notification, NotificationKind, Notifications},
};

use crate::settings::Settings;

/// The state within one request.
pub(crate) type App = Context<AppState, TokenKeys>;

pub(crate) struct AppState {
    pub(crate) lifetimes: Lifetimes,
    pub(crate) clients: Clients,
    pub(crate) codes: Codes,
    pub(crate) grants: Grants,
    pub(crate) notifications: Notifications,
    pub(crate) random: Random,
    trusted_proxies: TrustedProxies,
}

impl FromRef<AppState> for TrustedProxies {
    fn from_ref(app: &AppState) -> Self {
        app.trusted_proxies.clone()
    }
}

impl AppState {
    pub(crate) async fn start(
        platform: &Platform,
        settings: Settings,
    ) -> Result<FunctionState<Self, TokenKeys>, StartError> {
        let table = Table::new(&platform.aws, &settings.auth_table);
        let (keys, ()) = tokio::join!(TokenKeys::load(platform), table.connect());
        let own = Self {
            lifetimes: settings.lifetimes,
            clients: Clients::new(table.clone()),
            codes: Codes::new(table.clone()),
            grants: Grants::new(table.clone()),
            notifications: Notifications::new(table),
            random: platform.random.clone(),
            trusted_proxies: settings.trusted_proxies,
        };
        Ok(FunctionState::new(platform, settings.public_url, keys?, own))
    }
}

/// Records that a client is in use, at most once a day. A failure is only logged: the tokens are already issued, and a
/// client that received an error would present its code again, which revokes the grant.
pub(crate) async fn touch_client(app: &App, client: &Client) {
    let Some(expires_at) = client.expiry_after_use(app.now(), app.lifetimes.sliding) else { return };
    if let Err(error) = app.clients.keep_until(&client.client_id, expires_at).await {
        tracing::warn!(%error, client_id = %client.client_id, "recording the use of a client failed");
    }
}

/// Notifies the user of an event.
pub(crate) async fn notify(app: &App, user_id: &UserId, what: NotificationKind) -> Result<(), StoreError> {
    app.notifications.add(user_id, &Notification { id: app.random.id(), at: app.now(), what }).await
}
