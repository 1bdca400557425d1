//! Client metadata documents (AS-04): fetching and validating them.

use std::{fmt, pin::Pin, sync::Arc};

use bytes::Bytes;
use http::{HeaderName, Request, Response, StatusCode, header};
use jean_auth::client_metadata::{CacheHeaders, Description, DocumentUrl, InvalidDocument};
pub use jean_public_web::FetchError;
use jean_public_web::PublicWeb;
use jiff::Timestamp;

/// Size limit of a document in bytes (draft §8.7).
const DOCUMENT_BYTES: usize = 5 * 1024;
/// The document of Claude Code.
const PROBED: &str = "https://claude.ai/oauth/claude-code-client-metadata";

/// The source of client metadata documents. Tests replace it.
#[derive(Clone)]
pub struct Documents(Arc<Fetch>);

type Fetch = dyn Fn(DocumentUrl) -> Pin<Box<dyn Future<Output = Fetched> + Send>> + Send + Sync;
type Fetched = Result<Response<Bytes>, FetchError>;

impl Documents {
    /// Documents returned by `fetch`.
    pub fn new<F: Future<Output = Fetched> + Send + 'static>(
        fetch: impl Fn(DocumentUrl) -> F + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(move |url| Box::pin(fetch(url))))
    }

    /// Documents on the public web. The client is initialised on first use.
    pub fn of_the_web() -> Self {
        let web = Arc::new(PublicWeb::new());
        Self::new(move |url| {
            let web = Arc::clone(&web);
            async move {
                let request = Request::get(url.as_str()).header(header::ACCEPT, "application/json");
                web.send(request.body(Bytes::new())?, DOCUMENT_BYTES).await
            }
        })
    }

    /// Fetches the document of a widely used client, to see whether documents can be fetched at all. Any response will do.
    ///
    /// # Errors
    /// [`FetchError`] if there is no response.
    pub async fn probe(&self) -> Result<(), FetchError> {
        let url = PROBED.parse().expect("the URL of a document");
        (self.0)(url).await.map(drop)
    }

    /// Fetches the document of a client and validates it.
    pub(crate) async fn describe(&self, url: &DocumentUrl, now: Timestamp) -> Result<Description, DocumentError> {
        let response = (self.0)(url.clone()).await?;
        if response.status() != StatusCode::OK {
            return Err(DocumentError::Status(response.status()));
        }
        if !is_json(header_text(&response, header::CONTENT_TYPE).unwrap_or_default()) {
            return Err(DocumentError::NotJson);
        }
        let lines: Vec<_> = response.headers().get_all(header::CACHE_CONTROL).iter().collect();
        let cache_control: Vec<_> = lines.iter().filter_map(|line| line.to_str().ok()).collect();
        let (expires, age) = (header_text(&response, header::EXPIRES), header_text(&response, header::AGE));
        let cache = CacheHeaders { cache_control: &cache_control.join(","), expires, age };
        Ok(Description::read(response.body(), url, cache.lifetime(now), now)?)
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Documents")
    }
}

/// The reasons to reject a document.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DocumentError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Any other status than 200. Redirects are not followed, since their target is not the client id (draft §5).
    #[error("unexpected status {0}")]
    Status(StatusCode),
    #[error("response is not JSON")]
    NotJson,
    #[error(transparent)]
    Invalid(#[from] InvalidDocument),
}

impl DocumentError {
    /// `true` if the document is temporarily unavailable. A document that has been removed or replaced invalidates the
    /// stored copy once that is stale.
    pub(crate) fn is_temporary(&self) -> bool {
        match self {
            Self::Fetch(_) => true,
            Self::Status(status) => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
            Self::NotJson | Self::Invalid(_) => false,
        }
    }
}

/// `true` for `application/json` and types with the suffix `+json` (RFC 6839 §3.1).
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.strip_prefix("application/") {
        Some(subtype) => subtype == "json" || subtype.strip_suffix("+json").is_some_and(|kind| !kind.is_empty()),
        None => false,
    }
}

fn header_text(response: &Response<Bytes>, name: HeaderName) -> Option<&str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AS-04, T-13
    #[test]
    fn only_json_is_read() {
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
