//! The part of the flow a person sees: sign in, consent, and the code that goes back to the client (OAuth 2.1 §4.1).
//!
//! The authorization request stays in the query string from the first page to the last, and every step reads and checks
//! it again. Nothing of it is kept on the server, so a page can be loaded twice, reloaded, gone back to, or left open
//! for a week: it does what it says, or shows itself again.
//!
//! A client may be one that registered, or one whose id is the URL of a document. This is the one function that fetches
//! those, since everything a client does begins here.

mod account;
mod browser;
mod consent;
mod cookies;
mod documents;
mod error;
mod own_password;
mod passkeys;
mod password;
mod relying_party;
mod return_to;
mod sign_in;
mod sign_up;
mod texts;
mod transaction;

use std::sync::Arc;

use axum::{Router, extract::FromRef, middleware, routing::get};
pub use documents::{Documents, FetchError};
use jean_auth::{keys::Keyring, metadata::ClientMetadataDocuments, password::Hasher, public_url::PublicUrl};
use jean_pages::{Branding, page};
use jean_runtime::{Clock, Platform, Random, SigningKeys, StartError};
use jean_store::{
    Table, clients::Clients, codes::Codes, login_throttles::LoginThrottles, notifications::Notifications,
    passkeys::Passkeys, password_links::PasswordLinks, sessions::Sessions, users::Users,
    webauthn_challenges::WebauthnChallenges,
};

use crate::{relying_party::RelyingParty, sign_up::SignUp};

#[derive(Clone)]
struct App(Arc<Inner>);

struct Inner {
    public_url: PublicUrl,
    look: Branding,
    signing_keys: SigningKeys,
    clients: Clients,
    documents: Option<Documents>,
    codes: Codes,
    sessions: Sessions,
    notices: Notifications,
    throttles: LoginThrottles,
    challenges: WebauthnChallenges,
    passkeys: Passkeys,
    relying_party: Option<RelyingParty>,
    sign_up: SignUp,
    users: Users,
    password_links: PasswordLinks,
    hasher: Hasher,
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

impl App {
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
    router_with(platform, Documents::of_the_web()).await
}

/// The same, with clients' documents from elsewhere than the web.
///
/// # Errors
/// [`StartError`] when a setting is missing or wrong.
pub async fn router_with(platform: &Platform, documents: Documents) -> Result<Router, StartError> {
    let auth_table = Table::new(&platform.aws, platform.environment.require("AUTH_TABLE")?);
    let users_table = auth_table.beside(platform.environment.require("USERS_TABLE")?);
    let documents = match platform.environment.parse_or("CLIENT_METADATA_DOCUMENTS", ClientMetadataDocuments::On)? {
        ClientMetadataDocuments::On => Some(documents),
        ClientMetadataDocuments::Off => None,
    };
    let (public_url, look) = (platform.public_url()?, Branding::new(&platform.environment)?);
    let relying_party = RelyingParty::new(&public_url, look.service_name().as_str());
    // One connection serves both tables.
    let (keys, ()) = tokio::join!(SigningKeys::load(platform), auth_table.connect());
    let app = App(Arc::new(Inner {
        public_url,
        look,
        signing_keys: keys?,
        clients: Clients::new(auth_table.clone()),
        documents,
        codes: Codes::new(auth_table.clone()),
        sessions: Sessions::new(auth_table.clone()),
        notices: Notifications::new(auth_table.clone()),
        challenges: WebauthnChallenges::new(auth_table.clone()),
        throttles: LoginThrottles::new(auth_table),
        passkeys: Passkeys::new(users_table.clone()),
        relying_party,
        sign_up: platform.environment.parse_or("SIGN_UP", SignUp::Closed)?,
        users: Users::new(users_table.clone()),
        password_links: PasswordLinks::new(users_table),
        hasher: Hasher::default(),
        clock: platform.clock.clone(),
        random: platform.random.clone(),
    }));
    Ok(Router::new()
        .route("/oauth/authorize", get(transaction::begin))
        // Where a client of 2025-03-26 begins that found no metadata.
        .route("/authorize", get(transaction::begin))
        .route("/oauth/sign-in", get(transaction::again).post(sign_in::sign_in))
        .route("/oauth/sign-out", get(transaction::again).post(sign_in::sign_out))
        .route("/oauth/consent", get(transaction::again).post(consent::decide))
        .route("/account/sign-in", get(account::ask).post(account::sign_in))
        .route("/account/sign-out", get(account::back).post(account::sign_out))
        .route("/account/sign-up", get(sign_up::show).post(sign_up::make))
        .route("/account/passkeys", get(passkeys::show).post(passkeys::change))
        .route("/account/password", get(password::show).post(password::save))
        .layer(middleware::map_response_with_state(app.look.clone(), page::with_messages))
        .layer(middleware::from_fn_with_state((app.signing_keys.clone(), app.clock.clone()), jean_runtime::fresh_keys))
        .with_state(app)
        .layer(middleware::from_fn(jean_runtime::trace)))
}
