//! The state of the function.

use std::{ops::Deref, sync::Arc};

use axum::extract::FromRef;
use jean_auth::{password::Hasher, public_url::PublicUrl};
use jean_pages::Branding;
use jean_runtime::{Clock, Context, Platform, Random, SigningKeys, StartError};
use jean_store::{
    Table, clients::Clients, codes::Codes, grants::Grants, login_throttles::LoginThrottles,
    notifications::Notifications, passkeys::Passkeys, password_links::PasswordLinks, sessions::Sessions, users::Users,
    webauthn_challenges::WebauthnChallenges,
};

use crate::{
    documents::Documents,
    relying_party::RelyingParty,
    settings::{Settings, SignUp},
};

/// The state within one request.
pub(crate) type App = Context<AppState>;

/// The state, shared by all requests of an instance.
#[derive(Clone)]
pub(crate) struct AppState(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) public_url: PublicUrl,
    pub(crate) branding: Branding,
    pub(crate) clients: Clients,
    /// `None` if the operator has disabled client metadata documents.
    pub(crate) documents: Option<Documents>,
    pub(crate) codes: Codes,
    pub(crate) grants: Grants,
    pub(crate) sessions: Sessions,
    pub(crate) notifications: Notifications,
    pub(crate) throttles: LoginThrottles,
    pub(crate) challenges: WebauthnChallenges,
    pub(crate) passkeys: Passkeys,
    /// `None` if the public URL has an IP address instead of a host name.
    pub(crate) relying_party: Option<RelyingParty>,
    pub(crate) sign_up: SignUp,
    pub(crate) users: Users,
    pub(crate) password_links: PasswordLinks,
    pub(crate) hasher: Hasher,
    pub(crate) random: Random,
    signing_keys: SigningKeys,
    clock: Clock,
}

impl AppState {
    pub(crate) async fn new(platform: &Platform, documents: Documents) -> Result<Self, StartError> {
        let settings = Settings::from_env(&platform.environment)?;
        let auth_table = Table::new(&platform.aws, &settings.auth_table);
        let users_table = auth_table.beside(&settings.users_table);
        let public_url = platform.public_url()?;
        let branding = Branding::new(&platform.environment)?;
        let relying_party = RelyingParty::new(&public_url, branding.service_name().as_str());
        // Both tables share one connection, which is opened while the keys are loaded.
        let (signing_keys, ()) = tokio::join!(SigningKeys::load(platform), auth_table.connect());
        Ok(Self(Arc::new(Inner {
            public_url,
            branding,
            signing_keys: signing_keys?,
            clients: Clients::new(auth_table.clone()),
            documents: settings.client_metadata_documents.then_some(documents),
            codes: Codes::new(auth_table.clone()),
            grants: Grants::new(auth_table.clone()),
            sessions: Sessions::new(auth_table.clone()),
            notifications: Notifications::new(auth_table.clone()),
            challenges: WebauthnChallenges::new(auth_table.clone()),
            throttles: LoginThrottles::new(auth_table),
            passkeys: Passkeys::new(users_table.clone()),
            relying_party,
            sign_up: settings.sign_up,
            users: Users::new(users_table.clone()),
            password_links: PasswordLinks::new(users_table),
            hasher: Hasher::default(),
            clock: platform.clock.clone(),
            random: platform.random.clone(),
        })))
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
