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
    let to_account = || "/account".to_owned();
    let provider = app.providers.find(&provider).ok_or_else(|| SignInRefusal::UnknownProvider.back_to(to_account()))?;
    let parameters = Parameters::from_page(query.unwrap_or_default().as_bytes());
    let invalid = |reason| SignInRefusal::InvalidAnswer(reason).back_to(to_account());
    let state: Option<FederationState> = parameters.get("state").and_then(|state| state.parse().ok());
    let state = state.ok_or_else(|| invalid(InvalidAnswer::UnknownState))?;
    let browser = start::secret(&app, &cookies).ok_or_else(|| invalid(InvalidAnswer::OtherBrowser))?;
    let request = take(&app, provider, &browser, &state).await?.map_err(invalid)?;
    let back_to = page_of(&request.purpose);
    match parameters.get("error") {
        None => {}
        Some("access_denied") => return Err(SignInRefusal::Cancelled(provider.label.clone()).back_to(back_to)),
        Some(code) => {
            let code = code.chars().filter(char::is_ascii_graphic).take(64).collect();
            return Err(SignInRefusal::ProviderError(provider.label.clone(), code).back_to(back_to));
        }
    }
    let incoming = CodeAnswer { provider, browser: &browser, state: &state, parameters: &parameters };
    let user = provider::user(&app, &incoming).await;
    let user = user.map_err(|error| FederateError::of_provider(error, provider, &request.purpose))?;
    let admitted = if provider.admits(user.email.as_ref()) {
        Ok(user)
    } else {
        Err(SignInRefusal::NotAllowed(provider.label.clone()))
    };
    let user = admitted.map_err(|refusal| refusal.back_to(back_to.clone()))?;
    let done = match &request.purpose {
        FederationPurpose::SignIn { return_to } => {
            let method = user.sign_in_method(request.asks_again, app.now());
            accounts::sign_in(&app, provider, (user, method), &visitor, cookies, return_to).await?
        }
        FederationPurpose::Link { user_id, sid } => {
            accounts::link(&app, provider, user, (user_id, sid), &visitor, &cookies).await?
        }
    };
    done.map_err(|refusal| refusal.back_to(back_to))
}

/// Takes the request that an answer belongs to. Each is answered once.
async fn take(
    app: &App,
    provider: &IdentityProvider,
    browser: &FederationSecret,
    state: &FederationState,
) -> Result<Result<FederationRequest, InvalidAnswer>, FederateError> {
    let Some(request) = app.federations.find(&state.hash()).await? else { return Ok(Err(InvalidAnswer::UnknownState)) };
    let request = match request.answered(provider, browser, app.now()) {
        Ok(request) => request,
        Err(invalid) => return Ok(Err(invalid)),
    };
    Ok(if app.federations.answer(&state.hash()).await? { Ok(request) } else { Err(InvalidAnswer::UnknownState) })
}
