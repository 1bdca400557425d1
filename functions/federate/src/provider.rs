//! A provider: the URL of a request, and the user of an answer.

use jean_auth::identity_provider::GITHUB;
use tokio::time::timeout;
use url::Url;

use crate::{
    app::App,
    exchange::{CodeAnswer, Outgoing, PATIENCE, ProviderError, ProviderUser},
    github, oidc,
};

/// The URL at the provider to which the browser is redirected.
pub(crate) async fn url(app: &App, outgoing: &Outgoing<'_>) -> Result<Url, ProviderError> {
    if outgoing.provider.issuer.as_str() == GITHUB {
        return Ok(github::url(app, outgoing));
    }
    timeout(PATIENCE, oidc::url(app, outgoing)).await.unwrap_or(Err(ProviderError::TimedOut))
}

/// The user of an answer.
pub(crate) async fn user(app: &App, incoming: &CodeAnswer<'_>) -> Result<ProviderUser, ProviderError> {
    let user = async {
        match incoming.provider.issuer.as_str() {
            GITHUB => github::user(app, incoming).await,
            _ => oidc::user(app, incoming).await,
        }
    };
    timeout(PATIENCE, user).await.unwrap_or(Err(ProviderError::TimedOut))
}
