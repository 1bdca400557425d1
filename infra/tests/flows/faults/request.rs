//! Requests that can be sent repeatedly.

use jean_testing::{Answer, Browser, PageForm, TestServer};

use http::{Method, Request};
use serde_json::Value;

/// A request that can be sent repeatedly.
pub(super) struct Sent {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Sent {
    pub(super) fn get(path: &str, browser: &Browser) -> Self {
        let headers = vec![("cookie", browser.cookie_header())];
        Self { method: Method::GET, path: path.into(), headers, body: String::new() }
    }

    pub(super) fn form(path: &str, pairs: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let headers = vec![("content-type", "application/x-www-form-urlencoded".into())];
        Self { method: Method::POST, path: path.into(), headers, body }
    }

    pub(super) fn of_page(browser: &Browser, form: &PageForm, typed: &[(&str, &str)]) -> Self {
        let (content_type, body) = form.encode(typed);
        let headers = vec![
            ("content-type", content_type.into()),
            ("cookie", browser.cookie_header()),
            ("sec-fetch-site", "same-origin".into()),
        ];
        Self { method: Method::POST, path: form.action.clone(), headers, body }
    }

    pub(super) fn json(path: &str, header: (&'static str, String), body: &Value) -> Self {
        let headers = vec![("content-type", "application/json".into()), header];
        Self { method: Method::POST, path: path.into(), headers, body: body.to_string() }
    }

    pub(super) async fn send(&self, world: &TestServer) -> Answer {
        let mut request = Request::builder().method(&self.method).uri(&self.path).header("host", "localhost:3000");
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        world.ask(request.body(self.body.clone()).expect("a request")).await
    }
}
