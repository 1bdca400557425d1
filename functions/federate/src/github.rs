//! GitHub: OAuth 2.0 without id tokens. The user is read from GitHub's API with the access token, which is then forgotten
//! ([Authorizing OAuth apps](https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps)).

use bytes::Bytes;
use http::{Request, StatusCode, header};
use jean_auth::identity_provider::GITHUB;
use openidconnect::{AccessToken, PkceCodeChallenge, PkceCodeVerifier};
use serde::{Deserialize, de::DeserializeOwned};
use url::{Url, form_urlencoded};

use crate::{
    app::App,
    exchange::{CodeAnswer, Outgoing, ProviderError, ProviderUser, redirect_uri},
};

const AUTHORIZE: &str = "https://github.com/login/oauth/authorize";
const TOKEN: &str = "https://github.com/login/oauth/access_token";
const USER: &str = "https://api.github.com/user";
const EMAILS: &str = "https://api.github.com/user/emails";

/// GitHub answers errors with status 200, without a token.
#[derive(Deserialize)]
struct GithubTokens {
    access_token: Option<AccessToken>,
    error: Option<String>,
}

/// A user is named by a number, since names can be changed and reused.
#[derive(Deserialize)]
struct GithubUser {
    id: u64,
}

#[derive(Deserialize)]
struct Address {
    email: String,
    primary: bool,
    verified: bool,
}

/// The URL of an authorization request. GitHub has no `prompt=login`; with `select_account` the user chooses an account.
pub(crate) fn url(app: &App, outgoing: &Outgoing<'_>) -> Url {
    let Outgoing { provider, browser, state, login_hint, asks_again } = outgoing;
    let verifier = PkceCodeVerifier::new(browser.pkce_verifier(state).to_string());
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
    let mut url = Url::parse(AUTHORIZE).expect("valid");
    url.query_pairs_mut()
        .append_pair("client_id", &provider.client_id)
        .append_pair("redirect_uri", &redirect_uri(app, provider))
        .append_pair("scope", "read:user user:email")
        .append_pair("state", &state.expose())
        .append_pair("code_challenge", challenge.as_str())
        .append_pair("code_challenge_method", "S256");
    if let Some(hint) = login_hint {
        url.query_pairs_mut().append_pair("login", hint);
    }
    if *asks_again {
        url.query_pairs_mut().append_pair("prompt", "select_account");
    }
    url
}

/// Redeems the code of an answer and reads the user.
pub(crate) async fn user(app: &App, incoming: &CodeAnswer<'_>) -> Result<ProviderUser, ProviderError> {
    let CodeAnswer { provider, browser, state, parameters } = incoming;
    if parameters.get("iss").is_some_and(|issuer| issuer != GITHUB) {
        return Err(ProviderError::Issuer);
    }
    let code = parameters.get("code").ok_or(ProviderError::NoCode)?;
    let secret = app.secrets.of(&provider.id, app.now()).await?;
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", &provider.client_id)
        .append_pair("client_secret", secret.secret())
        .append_pair("code", code)
        .append_pair("redirect_uri", &redirect_uri(app, provider))
        .append_pair("code_verifier", &browser.pkce_verifier(state))
        .finish();
    let request = Request::post(TOKEN).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let tokens: GithubTokens = send(app, incoming, request, form.into()).await?;
    let refused = || ProviderError::Response(tokens.error.unwrap_or_else(|| "no access token".into()));
    let token = tokens.access_token.ok_or_else(refused)?;
    let with_token = |url| Request::get(url).header(header::AUTHORIZATION, format!("Bearer {}", token.secret()));
    let user: GithubUser = send(app, incoming, with_token(USER), Bytes::new()).await?;
    let addresses: Vec<Address> = send(app, incoming, with_token(EMAILS), Bytes::new()).await?;
    let primary = addresses.iter().find(|address| address.primary);
    let email = primary.and_then(|address| provider.verified(Some(&address.email), Some(address.verified)));
    ProviderUser::new(&user.id.to_string(), email, None)
}

async fn send<T: DeserializeOwned>(
    app: &App,
    incoming: &CodeAnswer<'_>,
    request: http::request::Builder,
    body: Bytes,
) -> Result<T, ProviderError> {
    let request = request.header(header::ACCEPT, "application/json").body(body);
    let request = request.map_err(|error| ProviderError::Response(error.to_string()))?;
    let response = app.web.send(&incoming.provider.issuer, request).await?;
    if response.status() != StatusCode::OK {
        return Err(ProviderError::Response(format!("status {}", response.status())));
    }
    // The parser's message could contain the token.
    serde_json::from_slice(response.body()).map_err(|_| ProviderError::Response("not the expected JSON".into()))
}
