//! A response, read to its end.

use std::collections::BTreeMap;

use axum::response::Response;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;

/// A response, read to its end.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    /// Reads a response.
    pub async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes().to_vec();
        Self { status: parts.status, headers: parts.headers, body }
    }

    /// The response, which must be no server error.
    #[must_use]
    pub(crate) fn not_failed(self) -> Self {
        assert!(!self.status.is_server_error(), "{}: {}", self.status, self.text());
        self
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("text")
    }

    /// The text of a page without its tags, in which entities are left.
    pub fn words(&self) -> String {
        let html = self.text();
        let mut parts = html.split('<');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |words, part| words + part.split_once('>').map_or("", |(_, text)| text))
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// The OAuth error code.
    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_else(|| panic!("no error: {}", self.text())).into()
    }

    /// A header that must be there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {:?}", self.headers)).to_str().expect("ascii")
    }

    /// The `Location` header.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// The query parameters of a redirect to `callback`, or of a page that opens it, if it has the scheme of an app.
    pub fn redirect_parameters(&self, callback: &str) -> BTreeMap<String, String> {
        let location = match callback.starts_with("http") {
            true => {
                assert_eq!(self.status, StatusCode::FOUND, "{}", self.text());
                self.location()
            }
            false => self.header("refresh").strip_prefix("0;url=").expect("a URL"),
        };
        let query = location.strip_prefix(callback).and_then(|rest| rest.strip_prefix('?'));
        let query = query.unwrap_or_else(|| panic!("not to {callback}: {location}"));
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    /// The tokens of a token response.
    pub fn tokens(&self, client_id: &str) -> TokenPair {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        let tokens = self.json();
        let token = |name: &str| tokens[name].as_str().expect("a token").to_owned();
        TokenPair {
            client_id: client_id.into(),
            access_token: token("access_token"),
            refresh_token: token("refresh_token"),
        }
    }
}

/// The tokens of a connected client.
pub struct TokenPair {
    /// The client.
    pub client_id: String,
    /// The access token.
    pub access_token: String,
    /// The refresh token.
    pub refresh_token: String,
}
