//! Requests of clients, which authenticate with each ([OAuth 2.1
//! §2.4](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1)).

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    response::{IntoResponse, Response},
};
use http::header;
use jean_auth::{
    client::{AuthenticatedClient, UNKNOWN_CLIENT},
    parameters::Parameters,
    token_request::ClientCredentials,
};
use jean_runtime::{FunctionState, TokenKeys, body::FormOrJson};

use crate::{
    app::{App, AppState},
    error::TokenError,
};

/// A request of an authenticated client.
pub(crate) struct ClientRequest {
    pub(crate) client: AuthenticatedClient,
    pub(crate) parameters: Parameters,
}

impl FromRequest<FunctionState<AppState, TokenKeys>> for ClientRequest {
    type Rejection = Response;

    async fn from_request(request: Request, state: &FunctionState<AppState, TokenKeys>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Ok(app) = App::from_request_parts(&mut parts, state).await;
        let authorization = parts.headers.get(header::AUTHORIZATION).cloned();
        let body = FormOrJson::from_request(Request::from_parts(parts, body), state).await;
        let FormOrJson(parameters) = body.map_err(IntoResponse::into_response)?;
        let authorization = authorization.as_ref().and_then(|value| value.to_str().ok());
        let client = authenticate(&app, authorization, &parameters).await.map_err(IntoResponse::into_response)?;
        Ok(Self { client, parameters })
    }
}

async fn authenticate(
    app: &App,
    authorization: Option<&str>,
    parameters: &Parameters,
) -> Result<AuthenticatedClient, TokenError> {
    let credentials = ClientCredentials::read(authorization, parameters)?;
    let client = app.clients.find(&credentials.client_id, app.now()).await?.ok_or(UNKNOWN_CLIENT)?;
    Ok(client.authenticate(credentials.secret.as_ref())?)
}
