//! The client of an authorization request: registered, or described by a document at its id (AS-04).

use jean_auth::{
    authorization::UnanswerableRequest,
    client::{Client, ClientId},
    client_metadata::DocumentUrl,
    throttle::{AttemptLimit, DOCUMENT_PER_SOURCE},
};
use jean_runtime::SourceAddress;

use crate::{app::App, error::PageError};

/// Returns the client with this id. A client metadata document is fetched again when its stored copy is stale; the copy
/// is used for a while longer if the document is temporarily unavailable.
pub(crate) async fn client(app: &App, client_id: &ClientId, source: &SourceAddress) -> Result<Client, PageError> {
    let now = app.now();
    if !DocumentUrl::is_claimed_by(client_id) {
        return Ok(app.clients.find(client_id, now).await?.ok_or(UnanswerableRequest::UnknownClient)?);
    }
    // Discovery states that documents are disabled; a client with older metadata has to discover again.
    let documents = app.documents.as_ref().ok_or(UnanswerableRequest::UnknownClient)?;
    let url: DocumentUrl = client_id.as_str().parse().map_err(|_| UnanswerableRequest::UnusableClientUrl)?;
    // Reject our own URLs: fetching `/oauth/authorize?client_id=…` from ourselves would recurse.
    if url.as_str().starts_with(&app.public_url().join("/")) {
        return Err(UnanswerableRequest::UnusableClientUrl.into());
    }
    let stored = app.clients.find_description(client_id, now).await?;
    if let Some(stored) = stored.as_ref().filter(|stored| stored.is_fresh(now)) {
        return Ok(stored.client.clone());
    }
    let limit = AttemptLimit::new(DOCUMENT_PER_SOURCE, &[&source.throttle_key()]);
    app.throttles.admit(&[limit], now).await?;
    match (documents.describe(&url, now).await, stored) {
        (Ok(description), stored) => {
            app.clients.describe(description.clone(), stored.as_ref(), now).await?;
            tracing::info!(%client_id, fresh_until = %description.fresh_until, "client described");
            Ok(description.client)
        }
        (Err(reason), Some(stored)) if reason.is_temporary() && stored.stands_in(now) => {
            tracing::warn!(%client_id, %reason, "client metadata document unavailable: using the stored copy");
            Ok(stored.client)
        }
        (Err(reason), _) => Err(PageError::DescriptionUnavailable { host: url.host().into(), reason }),
    }
}
