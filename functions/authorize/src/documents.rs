//! Clients that are described by a document at their id (AS-04): from the copy that is kept, or from where they say.

mod public_web;

use std::{fmt, pin::Pin, sync::Arc};

use bytes::Bytes;
use http::{HeaderName, Response, StatusCode, header};
use jean_auth::{
    authorization::UnanswerableRequest,
    client::{Client, ClientId},
    client_metadata::{CacheHeaders, Description, DocumentUrl, InvalidDocument},
};
use jean_runtime::SourceAddress;
use jean_store::login_throttles::ThrottlePolicy;
use jiff::{SignedDuration, Timestamp};

pub use self::public_web::FetchError;
use self::public_web::PublicWeb;
use crate::{app::App, error::PageError};

/// Documents fetched for one address. Nobody has signed in yet: without a limit anybody could send this server wherever
/// they like as often as they like, and have it wait there.
const PER_SOURCE: ThrottlePolicy =
    ThrottlePolicy { name: "client-document-source", failures: 50, window: SignedDuration::from_mins(15) };

/// How documents are fetched. The one thing this server asks of others, so that a test can set it.
#[derive(Clone)]
pub struct Documents(Arc<Fetch>);

type Fetch = dyn Fn(DocumentUrl) -> Pin<Box<dyn Future<Output = Fetched> + Send>> + Send + Sync;
type Fetched = Result<Response<Bytes>, FetchError>;

impl Documents {
    /// Documents that are fetched as `fetch` does.
    pub fn new<F: Future<Output = Fetched> + Send + 'static>(
        fetch: impl Fn(DocumentUrl) -> F + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(move |url| Box::pin(fetch(url))))
    }

    /// Documents on the public web. Nothing is made before the first is asked for.
    pub fn of_the_web() -> Self {
        let web = Arc::new(PublicWeb::new());
        Self::new(move |url| {
            let web = Arc::clone(&web);
            async move { web.get(&url).await }
        })
    }

    async fn describe(&self, url: &DocumentUrl, now: Timestamp) -> Result<Description, DocumentError> {
        let response = (self.0)(url.clone()).await?;
        if response.status() != StatusCode::OK {
            return Err(DocumentError::Status(response.status()));
        }
        if !is_json(text(&response, header::CONTENT_TYPE).unwrap_or_default()) {
            return Err(DocumentError::NotJson);
        }
        let lines: Vec<_> = response.headers().get_all(header::CACHE_CONTROL).iter().collect();
        let cache_control: Vec<_> = lines.iter().filter_map(|line| line.to_str().ok()).collect();
        let (expires, age) = (text(&response, header::EXPIRES), text(&response, header::AGE));
        let cache = CacheHeaders { cache_control: &cache_control.join(","), expires, age };
        Ok(Description::read(response.body(), url, cache.lifetime(now), now)?)
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Documents")
    }
}

/// Why a document describes nobody.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DocumentError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// A redirect among them: where it leads is not where the client's id says (draft §5).
    #[error("the answer is {0}")]
    Status(StatusCode),
    #[error("the answer is not JSON")]
    NotJson,
    #[error(transparent)]
    Invalid(#[from] InvalidDocument),
}

impl DocumentError {
    /// Whether this is trouble on the way, and says nothing about the client. A document that was taken down or replaced
    /// has to count from when its copy is no longer fresh.
    fn is_passing(&self) -> bool {
        match self {
            Self::Fetch(_) => true,
            Self::Status(status) => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
            Self::NotJson | Self::Invalid(_) => false,
        }
    }
}

/// The client a request names, registered or described.
pub(crate) async fn client(app: &App, client_id: &ClientId, source: &SourceAddress) -> Result<Client, PageError> {
    let now = app.now();
    if !DocumentUrl::is_claimed_by(client_id) {
        return Ok(app.clients.find(client_id, now).await?.ok_or(UnanswerableRequest::UnknownClient)?);
    }
    // Discovery says that there are none, and who looked there long ago is told to look again.
    let documents = app.documents.as_ref().ok_or(UnanswerableRequest::UnknownClient)?;
    let url: DocumentUrl = client_id.as_str().parse().map_err(|_| UnanswerableRequest::UnusableClientUrl)?;
    // What we would ask ourselves is to ask ourselves, as often as a URL fits into a URL.
    if url.as_str().starts_with(&app.public_url.join("/")) {
        return Err(UnanswerableRequest::UnusableClientUrl.into());
    }
    let kept = app.clients.find_description(client_id, now).await?;
    if let Some(kept) = kept.as_ref().filter(|kept| kept.is_fresh(now)) {
        return Ok(kept.client.clone());
    }
    if app.throttles.count(PER_SOURCE, &source.throttle_key(), now).await? > PER_SOURCE.failures {
        return Err(PageError::Throttled(PER_SOURCE.window));
    }
    match (documents.describe(&url, now).await, kept) {
        (Ok(description), kept) => {
            app.clients.describe(description.clone(), kept.as_ref(), now).await?;
            tracing::info!(%client_id, fresh_until = %description.fresh_until, "client described");
            Ok(description.client)
        }
        (Err(reason), Some(kept)) if reason.is_passing() && kept.stands_in(now) => {
            tracing::warn!(%client_id, %reason, "client's document can't be read: its copy stands in");
            Ok(kept.client)
        }
        (Err(reason), _) => Err(PageError::NoDescription { host: url.host().into(), reason }),
    }
}

/// `application/json`, or a type that is built on it (RFC 6839 §3.1).
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.strip_prefix("application/") {
        Some(subtype) => subtype == "json" || subtype.strip_suffix("+json").is_some_and(|kind| !kind.is_empty()),
        None => false,
    }
}

fn text(response: &Response<Bytes>, name: HeaderName) -> Option<&str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_is_read_as04_t13() {
        for (content_type, json) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/oauth-client-id-metadata+json", true),
            ("application/jsonx", false),
            ("application/+json", false),
            ("text/json", false),
            ("text/html, application/json", false),
            ("text/html", false),
            ("", false),
        ] {
            assert_eq!(is_json(content_type), json, "{content_type}");
        }
    }
}
