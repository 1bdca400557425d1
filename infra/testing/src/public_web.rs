//! A fake public web: the client metadata documents that a test publishes. The real web is never reached.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::Value;

/// The web of one test. Clones are the same one.
#[derive(Clone, Default)]
pub struct FakeWeb(Arc<Mutex<Web>>);

#[derive(Default)]
struct Web {
    documents: BTreeMap<String, Response<Bytes>>,
    fetches: usize,
}

impl FakeWeb {
    /// The response at a URL, or `None` if nothing answers there.
    pub fn fetch(&self, url: &str) -> Option<Response<Bytes>> {
        let mut web = self.0.lock().expect("not poisoned");
        web.fetches += 1;
        web.documents.get(url).cloned()
    }

    /// Publishes a document at its `client_id`.
    pub fn describe(&self, document: &Value) {
        let url = document["client_id"].as_str().expect("a client_id").to_owned();
        self.put(&url, StatusCode::OK, &document.to_string(), &[]);
    }

    /// Publishes a response at a URL.
    pub fn put(&self, url: &str, status: StatusCode, body: &str, headers: &[(HeaderName, &str)]) {
        let mut response = Response::new(Bytes::from(body.to_owned()));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in headers {
            response.headers_mut().insert(name, value.parse().expect("a value"));
        }
        self.0.lock().expect("not poisoned").documents.insert(url.into(), response);
    }

    /// Takes every document off the web.
    pub fn goes_dark(&self) {
        self.0.lock().expect("not poisoned").documents.clear();
    }

    /// The number of fetches.
    pub fn fetches(&self) -> usize {
        self.0.lock().expect("not poisoned").fetches
    }
}
