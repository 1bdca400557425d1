//! The functions that the local server runs, by the folder of their code.

use axum::Router;
use jean_authorize::Documents;
pub use jean_federate::ProviderWeb;
use jean_local::{
    engine::Engine,
    stack::{Stack, StackError, StackSettings},
};
use jean_runtime::{Platform, StartError};

/// The functions' access to the web.
#[derive(Debug, Clone)]
pub struct Outbound {
    /// The client metadata documents, for `functions/authorize`.
    pub documents: Documents,
    /// The identity providers, for `functions/federate`.
    pub providers: ProviderWeb,
}

/// Builds the router of the function in `folder` (`functions/token`), or returns `None` if it answers no request.
pub async fn start(folder: &str, platform: &Platform, outbound: &Outbound) -> Option<Result<Router, StartError>> {
    Some(match folder {
        "functions/account" => jean_account::router(platform).await,
        "functions/authorize" => jean_authorize::router_with(platform, outbound.documents.clone()).await,
        "functions/discovery" => jean_discovery::router(platform).await,
        "functions/federate" => jean_federate::router_with(platform, outbound.providers.clone()).await,
        "functions/mcp" => jean_mcp::router(platform).await,
        "functions/register" => jean_register::router(platform).await,
        "functions/token" => jean_token::router(platform).await,
        _ => return None,
    })
}

/// Starts the local stack with all of its functions.
///
/// # Errors
/// [`StackError`] if the template is invalid, a table cannot be created or a function does not start.
pub async fn stack(engine: Engine, settings: StackSettings, outbound: Outbound) -> Result<Stack, StackError> {
    let start = async |folder: &str, platform: &Platform| start(folder, platform, &outbound).await;
    Box::pin(Stack::start(engine, settings, start)).await
}
