//! The token endpoint (OAuth 2.1 §3.2): a code becomes a pair of tokens, a refresh token the next pair. And the
//! revocation endpoint (RFC 7009).

mod code;
mod error;
mod refresh;
mod response;
mod revoke;

use axum::{Router, extract::State, middleware, routing::post};
use http::{HeaderMap, header};
use jean_auth::{
    client::Client,
    grant::Lifetimes,
    parameters::Parameters,
    public_url::PublicUrl,
    token_request::{CLIENT_AUTH_FAILED, ClientCredentials, TokenRequest},
};
use jean_runtime::{AllowedOrigins, Clock, Platform, Random, SigningKeys, StartError, body::FormOrJson};
use jean_store::{Table, clients::Clients, codes::Codes, grants::Grants};
use jiff::SignedDuration;

use crate::{error::TokenError, response::Tokens};

#[derive(Clone)]
struct App {
    public_url: PublicUrl,
    keys: SigningKeys,
    lifetimes: Lifetimes,
    clients: Clients,
    codes: Codes,
    grants: Grants,
    clock: Clock,
    random: Random,
}

/// The function's routes.
///
/// # Errors
/// [`StartError`] when a setting is missing or wrong.
pub async fn router(platform: &Platform) -> Result<Router, StartError> {
    let public_url = platform.public_url()?;
    let table = Table::new(&platform.aws, platform.environment.require("AUTH_TABLE")?);
    let (keys, ()) = tokio::join!(SigningKeys::load(platform), table.connect());
    let app = App {
        public_url: public_url.clone(),
        keys: keys?,
        lifetimes: lifetimes(platform)?,
        clients: Clients::new(table.clone()),
        codes: Codes::new(table.clone()),
        grants: Grants::new(table),
        clock: platform.clock.clone(),
        random: platform.random.clone(),
    };
    Ok(Router::new()
        .route("/oauth/token", post(token))
        // Where a client of 2025-03-26 asks that found no metadata.
        .route("/token", post(token))
        .route("/oauth/revoke", post(revoke::revoke))
        .layer(middleware::from_fn_with_state((app.keys.clone(), app.clock.clone()), jean_runtime::fresh_keys))
        .with_state(app)
        .layer(jean_runtime::cors(AllowedOrigins::new(&platform.environment, public_url)?))
        .layer(middleware::from_fn(jean_runtime::trace)))
}

fn lifetimes(platform: &Platform) -> Result<Lifetimes, StartError> {
    let environment = &platform.environment;
    let days = |days: u32| SignedDuration::from_hours(i64::from(days) * 24);
    let access_token: u32 = environment.parse_or("ACCESS_TOKEN_SECONDS", 3600)?;
    // AS-23: what a revocation can't reach must end soon, and what ends too soon is refreshed all the time.
    if !(300..=86400).contains(&access_token) {
        return Err(StartError::Invalid("ACCESS_TOKEN_SECONDS", "it must be between 300 and 86400".into()));
    }
    Ok(Lifetimes {
        access_token: SignedDuration::from_secs(access_token.into()),
        sliding: days(environment.parse_or("REFRESH_SLIDING_DAYS", 90)?),
        absolute: days(environment.parse_or("REFRESH_ABSOLUTE_DAYS", 365)?),
    })
}

async fn token(
    State(app): State<App>,
    headers: HeaderMap,
    FormOrJson(parameters): FormOrJson,
) -> Result<Tokens, TokenError> {
    parameters.each_once()?;
    let client = authenticated_client(&app, &headers, &parameters).await?;
    match TokenRequest::read(&parameters, &app.public_url)? {
        TokenRequest::Code { code, redirect_uri, verifier } => {
            code::redeem(&app, &client, &code, redirect_uri.as_ref(), &verifier).await
        }
        TokenRequest::Refresh { token, scope } => refresh::refresh(&app, &client, &token, scope).await,
    }
}

/// The client that asks, once it has proved itself (OAuth 2.1 §2.4).
async fn authenticated_client(app: &App, headers: &HeaderMap, parameters: &Parameters) -> Result<Client, TokenError> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let credentials = ClientCredentials::read(authorization, parameters)?;
    let client = app.clients.find(&credentials.client_id, app.clock.now()).await?.ok_or(CLIENT_AUTH_FAILED)?;
    client.authenticate(credentials.secret.as_ref())?;
    Ok(client)
}

/// Notes that a client is in use, at most once a day. If that fails it is noted another time: what was asked for is done,
/// and a client that was told otherwise would show its code again, which ends the grant.
async fn keep(app: &App, client: &Client) {
    let Some(expires_at) = client.expiry_after_use(app.clock.now()) else { return };
    if let Err(error) = app.clients.keep_until(&client.client_id, expires_at).await {
        tracing::warn!(%error, client_id = %client.client_id, "a client's use could not be noted");
    }
}
