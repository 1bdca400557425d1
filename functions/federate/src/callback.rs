//! `GET /federate/{provider}/callback`: the answer of an identity provider.

use axum::{
    extract::{Path, RawQuery},
    response::Response,
};
use axum_extra::extract::CookieJar;
use jean_auth::{
    federation::{FederationPurpose, FederationRequest, InvalidAnswer},
    identity_provider::IdentityProvider,
    parameters::Parameters,
    secret::{FederationSecret, FederationState},
};
use jean_sign_in::Visitor;

use crate::{
    accounts,
    app::App,
    error::{FederateError, SignInRefusal, page_of},
    exchange::CodeAnswer,
    provider, start,
};

/// Signs the user of the answer in, creates their account, or links the account of the provider.
pub(crate) async fn answer(
    app: App,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
    visitor: Visitor,
    cookies: CookieJar,
) -> Result<Response, FederateError> {
    let provider = app.providers.find(&provider).ok_or(SignInRefusal::UnknownProvider)?;
    let parameters = Parameters::from_page(query.unwrap_or_default().as_bytes());
    let state: Option<FederationState> = parameters.get("state").and_then(|state| state.parse().ok());
    let state = state.ok_or(InvalidAnswer::UnknownState)?;
    let browser = start::secret(&app, &cookies).ok_or(InvalidAnswer::OtherBrowser)?;
    let request = take(&app, provider, &browser, &state).await?;
    let incoming = CodeAnswer { provider, browser: &browser, state: &state, parameters: &parameters };
    let done = fulfil(&app, &request, &incoming, &visitor, cookies).await;
    done.map_err(|error| error.back_to(page_of(&request.purpose)))
}

/// Takes the request that an answer belongs to. Each is answered once.
async fn take(
    app: &App,
    provider: &IdentityProvider,
    browser: &FederationSecret,
    state: &FederationState,
) -> Result<FederationRequest, FederateError> {
    let request = app.federations.find(&state.hash()).await?.ok_or(InvalidAnswer::UnknownState)?;
    let request = request.answered(provider, browser, app.now())?;
    if !app.federations.answer(&state.hash()).await? {
        return Err(InvalidAnswer::UnknownState.into());
    }
    Ok(request)
}

/// Does what the request was sent for, with the user of the answer.
async fn fulfil(
    app: &App,
    request: &FederationRequest,
    incoming: &CodeAnswer<'_>,
    visitor: &Visitor,
    cookies: CookieJar,
) -> Result<Response, FederateError> {
    let provider = incoming.provider;
    match incoming.parameters.get("error") {
        None => {}
        Some("access_denied") => return Err(SignInRefusal::Cancelled(provider.label.clone()).into()),
        Some(code) => {
            let code = code.chars().filter(char::is_ascii_graphic).take(64).collect();
            return Err(SignInRefusal::ProviderError(provider.label.clone(), code).into());
        }
    }
    let user = provider::user(app, incoming).await;
    let user = user.map_err(|error| FederateError::of_provider(error, provider))?;
    if !provider.admits(user.email.as_ref()) {
        return Err(SignInRefusal::NotAllowed(provider.label.clone()).into());
    }
    match &request.purpose {
        FederationPurpose::SignIn { return_to } => {
            let method = user.sign_in_method(request.asks_again, app.now());
            accounts::sign_in(app, provider, (user, method), visitor, cookies, return_to.clone()).await
        }
        FederationPurpose::Link { user_id, sid } => {
            accounts::link(app, provider, user, (user_id, sid), visitor, &cookies).await
        }
    }
}
