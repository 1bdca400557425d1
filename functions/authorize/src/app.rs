//! The state of the function.

use std::{ops::Deref, sync::Arc};

use axum::extract::FromRef;
use jean_auth::{metadata::ClientMetadataDocuments, password::Hasher, public_url::PublicUrl};
use jean_pages::Branding;
use jean_runtime::{Clock, Context, Platform, Random, SigningKeys, StartError};
use jean_store::{
    Table, clients::Clients, codes::Codes, login_throttles::LoginThrottles, notifications::Notifications,
    passkeys::Passkeys, password_links::PasswordLinks, sessions::Sessions, users::Users,
    webauthn_challenges::WebauthnChallenges,
};

use crate::{documents::Documents, relying_party::RelyingParty, sign_up::SignUp};

/// The state within one request.
pub(crate) type App = Context<AppState>;

/// The state, shared by all requests of an instance.
#[derive(Clone)]
pub(crate) struct AppState(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) public_url: PublicUrl,
    pub(crate) look: Branding,
    pub(crate) clients: Clients,
    pub(crate) documents: Option<Documents>,
    pub(crate) codes: Codes,
    pub(crate) sessions: Sessions,
    pub(crate) notices: Notifications,
    pub(crate) throttles: LoginThrottles,
    pub(crate) challenges: WebauthnChallenges,
    pub(crate) passkeys: Passkeys,
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
        let environment = &platform.environment;
        let auth_table = Table::new(&platform.aws, &environment.require("AUTH_TABLE")?);
        let users_table = auth_table.beside(&environment.require("USERS_TABLE")?);
        let documents = match environment.parse_or("CLIENT_METADATA_DOCUMENTS", ClientMetadataDocuments::On)? {
            ClientMetadataDocuments::On => Some(documents),
            ClientMetadataDocuments::Off => None,
        };
        let (public_url, look) = (platform.public_url()?, Branding::new(environment)?);
        let relying_party = RelyingParty::new(&public_url, look.service_name().as_str());
        // One connection serves both tables.
        let (signing_keys, ()) = tokio::join!(SigningKeys::load(platform), auth_table.connect());
        Ok(Self(Arc::new(Inner {
            public_url,
            look,
            clients: Clients::new(auth_table.clone()),
            documents,
            codes: Codes::new(auth_table.clone()),
            sessions: Sessions::new(auth_table.clone()),
            notices: Notifications::new(auth_table.clone()),
            challenges: WebauthnChallenges::new(auth_table.clone()),
            throttles: LoginThrottles::new(auth_table),
            passkeys: Passkeys::new(users_table.clone()),
            relying_party,
            sign_up: environment.parse_or("SIGN_UP", SignUp::Closed)?,
            users: Users::new(users_table.clone()),
            password_links: PasswordLinks::new(users_table),
            hasher: Hasher::default(),
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
