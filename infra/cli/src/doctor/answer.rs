//! A response, and the parts of it that checks read.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

use super::report::Problem;

const THROTTLED: &str = "The request was throttled. Wait a minute and try again. If that does not help, clients are throttled too: check the \
                         limits of this route in template.yaml, its log, and any firewall before it.";

/// A response with its body.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    /// The request, e.g. `POST /mcp`.
    pub(super) asked: String,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) took: Duration,
}

/// A response, or the reason why there is none.
pub(super) type Outcome = Result<Reply, Problem>;

impl Reply {
    pub(super) fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Describes the response in a few words.
    pub(super) fn summary(&self) -> String {
        let media_type = self.header(header::CONTENT_TYPE).unwrap_or("nothing");
        let media_type = media_type.split(';').next().unwrap_or_default();
        format!("{} answers {} with {media_type}", self.asked, self.status.as_u16())
    }

    /// Parses the body as JSON.
    pub(super) fn json(&self) -> Result<Value, Problem> {
        serde_json::from_slice(&self.body).map_err(|_| {
            Problem::fail(
                format!("{}, not with JSON", self.summary()),
                "Something in front of the function answers instead: check the route in template.yaml, and any CDN, proxy or \
                 firewall before it.",
            )
        })
    }

    /// Parses the body as JSON if the response has the expected status.
    pub(super) fn json_with(&self, status: u16, fix: &str) -> Result<Value, Problem> {
        if self.status.as_u16() != status {
            let fix = if self.status == StatusCode::TOO_MANY_REQUESTS { THROTTLED } else { fix };
            return Err(Problem::fail(format!("{} instead of {status}", self.summary_with_error()), fix));
        }
        self.json()
    }

    /// The summary with the error code or message, if the body has one.
    pub(super) fn summary_with_error(&self) -> String {
        let error = serde_json::from_slice::<Value>(&self.body).ok();
        let error =
            error.as_ref().and_then(|body| body["error"].as_str().or_else(|| body["error"]["message"].as_str()));
        match error {
            Some(error) => format!("{} ({error})", self.summary()),
            None => self.summary(),
        }
    }

    /// The `Location` header.
    pub(super) fn location(&self) -> Option<&str> {
        self.header(header::LOCATION)
    }

    /// A query parameter of the `Location` header.
    pub(super) fn redirect_parameter(&self, name: &str) -> Option<String> {
        let url = url::Url::parse(self.location()?).ok()?;
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}
