//! What a server answered, and how a check reads it.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

use super::report::Trouble;

const THROTTLED: &str = "A throttle refuses it. Wait a minute and try again; if that does not help, clients meet it too: look for what limits \
                         this route, in template.yaml, in its log, and in any firewall before it.";

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// What was asked: `POST /mcp`.
    pub(super) asked: String,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) took: Duration,
}

/// An answer, or why there is none.
pub(super) type Seen = Result<Answer, Trouble>;

impl Answer {
    pub(super) fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What it is, in a few words.
    pub(super) fn summary(&self) -> String {
        let media_type = self.header(header::CONTENT_TYPE).unwrap_or("nothing");
        let media_type = media_type.split(';').next().unwrap_or_default();
        format!("{} answers {} with {media_type}", self.asked, self.status.as_u16())
    }

    /// The JSON it is.
    pub(super) fn json(&self) -> Result<Value, Trouble> {
        serde_json::from_slice(&self.body).map_err(|_| {
            Trouble::fail(
                format!("{}, not with JSON", self.summary()),
                "Something in front of the function answers for it: see the route in template.yaml, and any CDN, proxy or \
                 firewall before it.",
            )
        })
    }

    /// The same, if the status is this one.
    pub(super) fn json_with(&self, status: u16, mend: &str) -> Result<Value, Trouble> {
        if self.status.as_u16() != status {
            let mend = if self.status == StatusCode::TOO_MANY_REQUESTS { THROTTLED } else { mend };
            return Err(Trouble::fail(format!("{} in place of {status}", self.told()), mend));
        }
        self.json()
    }

    /// The summary, and the error in it if it names one.
    pub(super) fn told(&self) -> String {
        let error = serde_json::from_slice::<Value>(&self.body).ok();
        let error =
            error.as_ref().and_then(|body| body["error"].as_str().or_else(|| body["error"]["message"].as_str()));
        match error {
            Some(error) => format!("{} ({error})", self.summary()),
            None => self.summary(),
        }
    }

    /// Where it sends a browser.
    pub(super) fn location(&self) -> Option<&str> {
        self.header(header::LOCATION)
    }

    /// The parameter of the address it sends a browser to.
    pub(super) fn sent_on_with(&self, name: &str) -> Option<String> {
        let url = url::Url::parse(self.location()?).ok()?;
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}
