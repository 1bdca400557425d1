//! What is outside: the documents of clients, as a test has put them on the web. Nothing of the real one is reached.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use jean_authorize::{Documents, FetchError};
use serde_json::Value;

#[derive(Clone, Default)]
pub(crate) struct Outside(Arc<Mutex<Web>>);

#[derive(Default)]
struct Web {
    documents: BTreeMap<String, Response<Bytes>>,
    fetches: usize,
}

impl Outside {
    /// How this server reaches it.
    pub(crate) fn documents(&self) -> Documents {
        let outside = self.clone();
        Documents::new(move |url| {
            let mut web = outside.0.lock().expect("no test panicked with it");
            web.fetches += 1;
            let answer = web.documents.get(url.as_str()).cloned().ok_or(FetchError::TimedOut);
            async { answer }
        })
    }

    /// Puts a document at the URL it says it is at.
    pub(crate) fn describe(&self, document: &Value) {
        let url = document["client_id"].as_str().expect("a client_id").to_owned();
        self.put(&url, StatusCode::OK, &document.to_string(), &[]);
    }

    /// Puts an answer at a URL.
    pub(crate) fn put(&self, url: &str, status: StatusCode, body: &str, headers: &[(HeaderName, &str)]) {
        let mut response = Response::new(Bytes::from(body.to_owned()));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in headers {
            response.headers_mut().insert(name, value.parse().expect("a value"));
        }
        self.0.lock().expect("no test panicked with it").documents.insert(url.into(), response);
    }

    /// From now on nothing is there that answers.
    pub(crate) fn goes_dark(&self) {
        self.0.lock().expect("no test panicked with it").documents.clear();
    }

    /// How often something was asked for.
    pub(crate) fn fetches(&self) -> usize {
        self.0.lock().expect("no test panicked with it").fetches
    }
}
