//! The state of the function.

use std::ops::Deref;

use axum::extract::FromRef;
use jean_auth::{identity_provider::IdentityProviders, user::Email};
use jean_runtime::{Context, FunctionState, Platform, RootKeys, StartError, TrustedProxies};
use jean_sign_in::SignIns;
use jean_store::{Table, federations::Federations, identities::Identities, passkeys::Passkeys, throttles::Throttles};

use crate::{client_secrets::ClientSecrets, document_cache::DocumentCache, settings::Settings, web::ProviderWeb};

/// The state within one request.
pub(crate) type App = Context<AppState, RootKeys>;

/// The state, shared by all requests of an instance.
pub(crate) struct AppState {
    pub(crate) providers: IdentityProviders,
    pub(crate) owner: Option<Email>,
    pub(crate) secrets: ClientSecrets,
    pub(crate) documents: DocumentCache,
    pub(crate) web: ProviderWeb,
    pub(crate) federations: Federations,
    pub(crate) throttles: Throttles,
    pub(crate) identities: Identities,
    pub(crate) passkeys: Passkeys,
    sign_ins: SignIns,
    trusted_proxies: TrustedProxies,
}

impl AppState {
    pub(crate) async fn start(
        platform: &Platform,
        settings: Settings,
        web: ProviderWeb,
    ) -> Result<FunctionState<Self, RootKeys>, StartError> {
        let auth_table = Table::new(&platform.aws, &settings.auth_table);
        let users_table = auth_table.beside(&settings.users_table);
        // Both tables share one connection, which is opened while the keys are loaded.
        let (keys, ()) = tokio::join!(RootKeys::load(platform), auth_table.connect());
        let own = Self {
            providers: settings.providers,
            owner: settings.owner,
            secrets: ClientSecrets::new(platform, settings.secrets, settings.secrets_arn.as_deref()),
            documents: DocumentCache::default(),
            web,
            federations: Federations::new(auth_table.clone()),
            sign_ins: SignIns::new(settings.branding, &auth_table, &users_table, platform.random.clone()),
            throttles: Throttles::new(auth_table),
            identities: Identities::new(users_table.clone()),
            passkeys: Passkeys::new(users_table),
            trusted_proxies: settings.trusted_proxies,
        };
        Ok(FunctionState::new(platform, settings.public_url, keys?, own))
    }
}

impl Deref for AppState {
    type Target = SignIns;

    fn deref(&self) -> &SignIns {
        &self.sign_ins
    }
}

impl FromRef<AppState> for TrustedProxies {
    fn from_ref(app: &AppState) -> Self {
        app.trusted_proxies.clone()
    }
}
