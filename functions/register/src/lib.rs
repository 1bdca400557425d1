//! The registration endpoint: dynamic client registration ([RFC 7591](https://www.rfc-editor.org/rfc/rfc7591)).
//!
//! Clients post their metadata and receive a client id, e.g. `claude_k3v5q2m7xnp4`. The rules are in
//! [`jean_auth::registration`].

mod settings;

use axum::{
    Router,
    extract::{FromRef, State},
    middleware,
    response::{IntoResponse, Response},
    routing::post,
};
use http::{HeaderValue, StatusCode, header};
use jean_auth::{
    error::{ErrorCode, OAuthError},
    registration,
    throttle::{AttemptLimit, REGISTRATION_PER_SOURCE},
};
use jean_runtime::{Clock, Failure, OAuthResponse, Platform, Random, SourceAddress, StartError, TrustedProxies, body};
use jean_store::{
    StoreError, Table,
    clients::Clients,
    throttles::{NotAdmitted, Throttles},
};
use jiff::SignedDuration;

use crate::settings::Settings;

#[derive(Clone)]
struct App {
    clients: Clients,
    throttles: Throttles,
    trusted_proxies: TrustedProxies,
    clock: Clock,
    random: Random,
}

/// The routes of the function.
///
/// # Errors
/// [`StartError`] if a setting is missing or invalid.
pub async fn router(platform: &Platform) -> Result<Router, StartError> {
    let settings = Settings::from_env(&platform.environment)?;
    let table = Table::new(&platform.aws, &settings.auth_table);
    table.connect().await;
    let app = App {
        clients: Clients::new(table.clone()),
        throttles: Throttles::new(table),
        trusted_proxies: settings.trusted_proxies,
        clock: platform.clock.clone(),
        random: platform.random.clone(),
    };
    Ok(Router::new()
        .route("/oauth/register", post(register))
        // Default path of MCP 2025-03-26 for clients that found no metadata.
        .route("/register", post(register))
        .with_state(app)
        .layer(jean_runtime::cors(settings.allowed_origins))
        .layer(middleware::map_response_with_state(settings.public_url, jean_runtime::finish_response))
        .layer(middleware::from_fn(jean_runtime::trace)))
}

impl FromRef<App> for TrustedProxies {
    fn from_ref(app: &App) -> Self {
        app.trusted_proxies.clone()
    }
}

async fn register(
    State(app): State<App>,
    source: SourceAddress,
    body::Json(body): body::Json,
) -> Result<Response, RegistrationError> {
    let now = app.clock.now();
    let (client, answer) = registration::register(&body, (app.random.u64(), app.random.bytes()), now)?;
    let limit = AttemptLimit::new(REGISTRATION_PER_SOURCE, &[&source.throttle_key()]);
    app.throttles.admit(&[limit], now).await?;
    if !app.clients.register(&client).await? {
        return Err(RegistrationError::IdTaken);
    }
    tracing::info!(event = jean_runtime::event::REGISTRATION, client_id = %client.client_id, "client registered");
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((StatusCode::CREATED, [no_store], axum::Json(answer)).into_response())
}

/// RFC 7591 has no code for it; RFC 6749 §4.1.2.1 has.
const TOO_MANY: OAuthError =
    OAuthError::new(ErrorCode::TemporarilyUnavailable, "Too many registrations from your network. Try again later.");

#[derive(Debug, thiserror::Error)]
enum RegistrationError {
    #[error(transparent)]
    Refused(#[from] OAuthError),
    #[error("too many registrations from one source")]
    Throttled(SignedDuration),
    #[error("client id already taken")]
    IdTaken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NotAdmitted> for RegistrationError {
    fn from(error: NotAdmitted) -> Self {
        match error {
            NotAdmitted::Throttled(wait) => Self::Throttled(wait),
            NotAdmitted::Store(error) => Self::Store(error),
        }
    }
}

impl IntoResponse for RegistrationError {
    fn into_response(self) -> Response {
        let response: OAuthResponse = match &self {
            Self::Refused(error) => {
                tracing::info!(%error, "registration rejected");
                (*error).into()
            }
            Self::Throttled(wait) => {
                tracing::info!(reason = %self, "registration rejected");
                return OAuthResponse::too_many_requests(TOO_MANY, *wait).into_response();
            }
            Self::IdTaken | Self::Store(_) => Failure::log(&self).into(),
        };
        response.into_response()
    }
}
