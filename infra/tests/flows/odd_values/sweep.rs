//! Sends odd requests to a server of its own, and collects those that it should have answered otherwise.

use std::collections::BTreeSet;

use axum::body::Body;
use http::{HeaderName, HeaderValue, Method, Request, header};
use jean_testing::{Answer, Browser, PageForm, TestServer};
use tower::ServiceExt;

use super::values::odd;

/// The largest request line or header that API Gateway accepts, in bytes. A redirect to a longer URL leads nowhere, and a
/// longer cookie is dropped.
const LONGEST_HEADER: usize = 10_240;

/// An identity provider, which never answers.
const PROVIDERS: &str = r#"[{"id": "open", "label": "Open", "issuer": "https://open.example", "client_id": "c"}]"#;

/// Sends requests, and collects those with a server error.
pub(super) struct Sweep {
    pub(super) server: TestServer,
    sent: usize,
    failures: Vec<String>,
}

/// One request.
pub(super) struct Odd<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) headers: &'a [(&'a str, &'a [u8])],
    pub(super) body: &'a str,
}

impl Sweep {
    /// A sweep over a server that anyone may sign up to.
    pub(super) async fn new() -> Self {
        Self {
            server: TestServer::with_all(&[("SignUp", "open"), ("IdentityProviders", PROVIDERS)]).await,
            sent: 0,
            failures: vec![],
        }
    }

    /// Sends one request.
    pub(super) async fn send(&mut self, place: &str, odd: Odd<'_>) {
        let mut request = Request::builder().method(odd.method.clone()).uri(odd.path);
        for (name, value) in odd.headers {
            let Ok(value) = HeaderValue::from_bytes(value) else { return };
            request = request.header(HeaderName::from_bytes(name.as_bytes()).expect("a name"), value);
        }
        // No client can send a request that is not HTTP.
        let Ok(mut request) = request.body(odd.body.to_owned()) else { return };
        if !request.headers().contains_key(header::HOST) {
            request.headers_mut().insert(header::HOST, HeaderValue::from_static("localhost:3000"));
        }
        self.sent += 1;
        // Each request has its own source, so that no limit per source ends the sweep.
        let source: std::net::SocketAddr =
            format!("10.{}.{}.1:1", self.sent / 256 % 256, self.sent % 256).parse().expect("valid");
        request.extensions_mut().insert(axum::extract::ConnectInfo(source));
        let sent_bytes = odd.path.len().max(odd.headers.iter().map(|(_, value)| value.len()).max().unwrap_or_default());
        // Past the search of the log for what was typed: the odd values of paths are logged, and occur in forms, too.
        let response = self.server.router().oneshot(request.map(Body::from)).await.expect("infallible");
        let answer = Answer::read(response).await;
        let start: String = odd.path.chars().take(120).collect();
        if answer.status.is_server_error() {
            self.failures.push(format!(
                "{place}: {} {start} is {}: {}",
                odd.method,
                answer.status,
                answer.text().lines().filter(|line| !line.contains('{')).take(8).collect::<String>()
            ));
        }
        let long = answer.headers.iter().filter(|(_, value)| value.len() > LONGEST_HEADER);
        if sent_bytes <= LONGEST_HEADER / 3 {
            self.failures.extend(
                long.map(|(name, value)| {
                    format!("{place}: {} {start} has {name} of {} bytes", odd.method, value.len())
                }),
            );
        }
    }

    /// Sends a form of a page with an odd value in each of its fields, and in a field that it does not have.
    pub(super) async fn form(&mut self, browser: &Browser, form: &PageForm, typed: &[(&str, &str)]) {
        let hidden = form.fields.iter().map(|(name, _)| name.clone());
        let names: BTreeSet<_> = hidden.chain(form.names.iter().cloned()).chain(["unknown".into()]).collect();
        let cookies = browser.cookie_header();
        for name in &names {
            for value in odd("form") {
                let fields: Vec<_> = typed
                    .iter()
                    .copied()
                    .filter(|(other, _)| other != name)
                    .chain([(name.as_str(), value.as_str())])
                    .collect();
                let (content_type, body) = form.encode(&fields);
                let headers: [(&str, &[u8]); 3] = [
                    ("cookie", cookies.as_bytes()),
                    ("content-type", content_type.as_bytes()),
                    ("sec-fetch-site", b"same-origin"),
                ];
                self.send(
                    &format!("field {name}"),
                    Odd { method: Method::POST, path: &form.action, headers: &headers, body: &body },
                )
                .await;
            }
        }
    }

    /// Panics if a request had a server error, or fewer than `at_least` were sent.
    pub(super) fn finish(&self, at_least: usize) {
        assert!(
            self.failures.is_empty(),
            "{} failures\n{}",
            self.failures.len(),
            self.failures[..self.failures.len().min(30)].join("\n")
        );
        assert!(self.sent >= at_least, "only {} requests", self.sent);
    }
}
