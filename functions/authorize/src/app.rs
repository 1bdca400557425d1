//! The state of the function.

use std::ops::Deref;

use axum::extract::FromRef;
use jean_auth::{
    grant::ConnectionLifetimes, identity_provider::IdentityProviders, metadata::ClientMetadataDocuments,
    password::Hasher, sign_up::SignUp,
};
use jean_runtime::{Context, FunctionState, Platform, RootKeys, StartError, TrustedProxies};
use jean_sign_in::SignIns;
use jean_store::{
    Table, api_keys::ApiKeys, clients::Clients, codes::Codes, grants::Grants, identities::Identities,
    passkeys::Passkeys, password_links::PasswordLinks, throttles::Throttles, webauthn_challenges::WebauthnChallenges,
};

use crate::{documents::Documents, relying_party::RelyingParty, settings::Settings};

/// The state within one request.
pub(crate) type App = Context<AppState, RootKeys>;

/// The state, shared by all requests of an instance.
pub(crate) struct AppState {
    pub(crate) clients: Clients,
    /// `None` if the operator has disabled client metadata documents.
    pub(crate) documents: Option<Documents>,
    pub(crate) codes: Codes,
    pub(crate) grants: Grants,
    pub(crate) api_keys: ApiKeys,
    pub(crate) throttles: Throttles,
    pub(crate) challenges: WebauthnChallenges,
    pub(crate) passkeys: Passkeys,
    pub(crate) identities: Identities,
    /// `None` if the public URL has an IP address instead of a host name.
    pub(crate) relying_party: Option<RelyingParty>,
    pub(crate) sign_up: SignUp,
    /// The identity providers, each with a button.
    pub(crate) providers: IdentityProviders,
    pub(crate) connection_lifetimes: ConnectionLifetimes,
    trusted_proxies: TrustedProxies,
    sign_ins: SignIns,
    pub(crate) password_links: PasswordLinks,
    pub(crate) hasher: Hasher,
}

impl AppState {
    pub(crate) async fn start(
        platform: &Platform,
        settings: Settings,
        documents: Documents,
    ) -> Result<FunctionState<Self, RootKeys>, StartError> {
        let auth_table = Table::new(&platform.aws, &settings.auth_table);
        let users_table = auth_table.beside(&settings.users_table);
        let relying_party = RelyingParty::new(&settings.public_url, settings.branding.service_name().as_str());
        let accepts_documents = matches!(settings.client_metadata_documents, ClientMetadataDocuments::On);
        // Both tables share one connection, which is opened while the keys are loaded.
        let (keys, ()) = tokio::join!(RootKeys::load(platform), auth_table.connect());
        let own = Self {
            clients: Clients::new(auth_table.clone()),
            documents: accepts_documents.then_some(documents),
            codes: Codes::new(auth_table.clone()),
            grants: Grants::new(auth_table.clone()),
            sign_ins: SignIns::new(settings.branding, &auth_table, &users_table, platform.random.clone()),
            challenges: WebauthnChallenges::new(auth_table.clone()),
            throttles: Throttles::new(auth_table),
            passkeys: Passkeys::new(users_table.clone()),
            identities: Identities::new(users_table.clone()),
            relying_party,
            sign_up: settings.sign_up,
            providers: settings.providers,
            connection_lifetimes: settings.connection_lifetimes,
            trusted_proxies: settings.trusted_proxies,
            api_keys: ApiKeys::new(users_table.clone()),
            password_links: PasswordLinks::new(users_table),
            hasher: Hasher::default(),
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
