//! The state of the function.

use axum::extract::FromRef;
use http::{HeaderMap, header};
use jean_auth::{
    client::Client,
    grant::Lifetimes,
    parameters::Parameters,
    public_url::PublicUrl,
    token_request::{CLIENT_AUTH_FAILED, ClientCredentials},
};
use jean_runtime::{Clock, Context, Platform, Random, SigningKeys, StartError};
use jean_store::{Table, clients::Clients, codes::Codes, grants::Grants};
use jiff::SignedDuration;

use crate::error::TokenError;

/// The state within one request.
pub(crate) type App = Context<AppState>;

#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) public_url: PublicUrl,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) clients: Clients,
    pub(crate) codes: Codes,
    pub(crate) grants: Grants,
    pub(crate) random: Random,
    signing_keys: SigningKeys,
    clock: Clock,
}

impl AppState {
    pub(crate) async fn new(platform: &Platform) -> Result<Self, StartError> {
        let table = Table::new(&platform.aws, &platform.environment.require("AUTH_TABLE")?);
        let (signing_keys, ()) = tokio::join!(SigningKeys::load(platform), table.connect());
        Ok(Self {
            public_url: platform.public_url()?,
            lifetimes: lifetimes(platform)?,
            clients: Clients::new(table.clone()),
            codes: Codes::new(table.clone()),
            grants: Grants::new(table),
            random: platform.random.clone(),
            signing_keys: signing_keys?,
            clock: platform.clock.clone(),
        })
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

fn lifetimes(platform: &Platform) -> Result<Lifetimes, StartError> {
    let environment = &platform.environment;
    let days = |days: u32| SignedDuration::from_hours(i64::from(days) * 24);
    let access_token: u32 = environment.parse_or("ACCESS_TOKEN_SECONDS", 3600)?;
    // Access tokens cannot be revoked, so their lifetime bounds how long a revocation takes to apply; very short ones
    // make every client refresh all the time (AS-23).
    if !(300..=86400).contains(&access_token) {
        return Err(StartError::Invalid("ACCESS_TOKEN_SECONDS", "must be between 300 and 86400 seconds".into()));
    }
    Ok(Lifetimes {
        access_token: SignedDuration::from_secs(access_token.into()),
        sliding: days(environment.parse_or("REFRESH_SLIDING_DAYS", 90)?),
        absolute: days(environment.parse_or("REFRESH_ABSOLUTE_DAYS", 365)?),
    })
}

/// The client of a request, once it has authenticated (OAuth 2.1 §2.4).
pub(crate) async fn authenticated_client(
    app: &App,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<Client, TokenError> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let credentials = ClientCredentials::read(authorization, parameters)?;
    let client = app.clients.find(&credentials.client_id, app.now()).await?.ok_or(CLIENT_AUTH_FAILED)?;
    client.authenticate(credentials.secret.as_ref())?;
    Ok(client)
}

/// Records that a client is in use, at most once a day. A failure is only logged: the tokens are already issued, and a
/// client that received an error would present its code again, which revokes the grant.
pub(crate) async fn touch_client(app: &App, client: &Client) {
    let Some(expires_at) = client.expiry_after_use(app.now()) else { return };
    if let Err(error) = app.clients.keep_until(&client.client_id, expires_at).await {
        tracing::warn!(%error, client_id = %client.client_id, "recording the use of a client failed");
    }
}
