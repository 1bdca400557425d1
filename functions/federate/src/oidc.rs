//! OpenID Connect ([Core §3.1](https://openid.net/specs/openid-connect-core-1_0.html)): the authorization code flow with PKCE.
//!
//! The crate `openidconnect` verifies the id token: signature, issuer, audience and nonce. This module chooses the
//! algorithms and the times.

use chrono::DateTime;
use jean_auth::{identity_provider::IdentityProvider, parameters::Parameters, session::RECENT};
use jiff::{SignedDuration, Timestamp};
use openidconnect::{
    AccessToken, AuthType, AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, ClientId, CsrfToken,
    LoginHint, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    SignatureVerificationError, TokenResponse,
    core::{
        CoreAuthPrompt, CoreClient, CoreClientAuthMethod, CoreIdTokenClaims, CoreIdTokenVerifier,
        CoreJwsSigningAlgorithm, CoreResponseType, CoreTokenResponse, CoreUserInfoClaims,
    },
};
use url::Url;

use crate::{
    app::App,
    documents::{self, Loaded, Metadata},
    exchange::{CodeAnswer, Outgoing, ProviderError, ProviderUser, redirect_uri},
};

/// The algorithms of id tokens, all with a public key. HS256 is not among them: its key would be the client secret, or, for a
/// confused verifier, a public key (RFC 8725 §3.1).
const ALGORITHMS: [CoreJwsSigningAlgorithm; 5] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];
/// The difference between two clocks that is tolerated.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// The URL of an authentication request (§3.1.2.1).
pub(crate) async fn url(app: &App, outgoing: &Outgoing<'_>) -> Result<Url, ProviderError> {
    let Outgoing { provider, browser, state, login_hint, asks_again } = outgoing;
    let metadata = documents::load(app, provider).await?.metadata;
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(provider.client_id.clone()), None)
        .set_redirect_uri(redirect(redirect_uri(app, provider))?);
    let verifier = PkceCodeVerifier::new(browser.pkce_verifier(state).to_string());
    let (state, nonce) = (state.expose().to_string(), browser.nonce(state).to_string());
    let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
    let mut request = client
        .authorize_url(flow, || CsrfToken::new(state), || Nonce::new(nonce))
        .add_scope(Scope::new("email".into()))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    if *asks_again {
        // Some providers tell the time of the authentication only if it is limited (§2).
        request = request.add_prompt(CoreAuthPrompt::Login).set_max_age(RECENT.unsigned_abs());
    }
    if let Some(hint) = login_hint {
        request = request.set_login_hint(LoginHint::new((*hint).into()));
    }
    Ok(request.url().0)
}

/// Redeems the code of an answer, verifies the id token and returns its user (§3.1.3).
pub(crate) async fn user(app: &App, incoming: &CodeAnswer<'_>) -> Result<ProviderUser, ProviderError> {
    let CodeAnswer { provider, browser, state, parameters } = incoming;
    let loaded = documents::load(app, provider).await?;
    check_issuer(&loaded.metadata, parameters)?;
    let code = parameters.get("code").ok_or(ProviderError::NoCode)?;
    let secret = app.secrets.of(&provider.id, app.now()).await?;
    let client_id = ClientId::new(provider.client_id.clone());
    let client = CoreClient::from_provider_metadata(loaded.metadata.clone(), client_id.clone(), Some(secret))
        .set_auth_type(authentication(&loaded.metadata))
        .set_redirect_uri(redirect(redirect_uri(app, provider))?);
    let http = app.web.client(&provider.issuer);
    let unexpected = |error: &dyn std::error::Error| ProviderError::Response(error.to_string());
    let tokens: CoreTokenResponse = client
        .exchange_code(AuthorizationCode::new(code.into()))
        .map_err(|error| unexpected(&error))?
        .set_pkce_verifier(PkceCodeVerifier::new(browser.pkce_verifier(state).to_string()))
        .request_async(&http)
        .await
        .map_err(|error| unexpected(&error))?;
    let nonce = Nonce::new(browser.nonce(state).to_string());
    let claims = match verify(&tokens, verifier(app, client.id_token_verifier()), &nonce) {
        Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
            verify_with_later_keys(app, provider, &loaded, &tokens, &nonce).await?
        }
        verified => verified.map_err(invalid)?,
    };
    // An id token for several clients was issued to the one that it names (§2).
    if claims.authorized_party().is_some_and(|party| *party != client_id) {
        return Err(ProviderError::IdToken("issued to another client".into()));
    }
    let (mut email, mut is_verified) = (claims.email().map(|email| email.to_string()), claims.email_verified());
    if email.is_none() && loaded.metadata.userinfo_endpoint().is_some() {
        // The crate rejects claims of another subject (§5.3.2).
        let request = client.user_info(AccessToken::clone(tokens.access_token()), Some(claims.subject().clone()));
        let request = request.map_err(|error| unexpected(&error))?;
        let claims: CoreUserInfoClaims = request.request_async(&http).await.map_err(|error| unexpected(&error))?;
        (email, is_verified) = (claims.email().map(|email| email.to_string()), claims.email_verified());
    }
    let email = provider.verified(email.as_deref(), is_verified);
    let authenticated_at = claims.auth_time().and_then(|at| Timestamp::from_second(at.timestamp()).ok());
    ProviderUser::new(claims.subject().as_str(), email, authenticated_at)
}

/// An attacker's provider could otherwise have the browser deliver a code of an honest one to itself (mix-up, RFC 9207 §2.4).
fn check_issuer(metadata: &Metadata, parameters: &Parameters) -> Result<(), ProviderError> {
    let is_same = match parameters.get("iss") {
        Some(issuer) => issuer == metadata.issuer().as_str(),
        None => !metadata.additional_metadata().authorization_response_iss_parameter_supported,
    };
    if is_same { Ok(()) } else { Err(ProviderError::Issuer) }
}

/// Verifies an id token with the keys that the provider has published since.
async fn verify_with_later_keys(
    app: &App,
    provider: &IdentityProvider,
    loaded: &Loaded,
    tokens: &CoreTokenResponse,
    nonce: &Nonce,
) -> Result<CoreIdTokenClaims, ProviderError> {
    let later = documents::later(app, provider, loaded).await?;
    let later = later.ok_or_else(|| ProviderError::IdToken("unknown key".into()))?.metadata;
    let client = CoreClient::from_provider_metadata(later, ClientId::new(provider.client_id.clone()), None);
    verify(tokens, verifier(app, client.id_token_verifier()), nonce).map_err(invalid)
}

fn invalid(error: ClaimsVerificationError) -> ProviderError {
    ProviderError::IdToken(error.to_string())
}

fn verify(
    tokens: &CoreTokenResponse,
    verifier: CoreIdTokenVerifier<'_>,
    nonce: &Nonce,
) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
    let id_token = tokens.id_token().ok_or_else(|| ClaimsVerificationError::Other("no id token".into()))?;
    id_token.claims(&verifier, nonce).cloned()
}

fn verifier<'a>(app: &App, verifier: CoreIdTokenVerifier<'a>) -> CoreIdTokenVerifier<'a> {
    let seconds = app.now().as_second();
    let at = |second| DateTime::from_timestamp(second, 0).unwrap_or_default();
    verifier
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || at(seconds - LEEWAY.as_secs()))
        .set_issue_time_verifier_fn(move |issued| {
            if issued > at(seconds + LEEWAY.as_secs()) { Err("issued in the future".into()) } else { Ok(()) }
        })
}

/// The authentication of this server at the token endpoint: in the header, unless the provider accepts a form only.
fn authentication(metadata: &Metadata) -> AuthType {
    let supports = |method| {
        let supported = metadata.token_endpoint_auth_methods_supported();
        supported.is_some_and(|supported: &Vec<CoreClientAuthMethod>| supported.contains(&method))
    };
    let is_form_only =
        supports(CoreClientAuthMethod::ClientSecretPost) && !supports(CoreClientAuthMethod::ClientSecretBasic);
    if is_form_only { AuthType::RequestBody } else { AuthType::BasicAuth }
}

fn redirect(url: String) -> Result<RedirectUrl, ProviderError> {
    RedirectUrl::new(url).map_err(|error| ProviderError::Response(error.to_string()))
}
