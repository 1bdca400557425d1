//! Requests and answers. Nothing is followed, nothing is repeated: what a client would meet is what is looked at.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use http::{HeaderMap, Method, StatusCode, header};
use jean_runtime::Clock;
use jiff::Timestamp;
use reqwest::{Certificate, Client, redirect::Policy};
use serde_json::Value;
use tokio_rustls::rustls::crypto::ring;
use url::form_urlencoded;

use super::{
    Patient,
    answer::{Answer, Seen},
    report::Trouble,
    timing::{Step, Timing},
};

/// The most of an answer that is read: metadata, pages and lists of tools are a tenth of it.
const BODY_BYTES: usize = 2 * 1024 * 1024;
/// How many budgets an answer may take before it counts as none: what is late is measured, and what never comes ends.
const PATIENCE: u32 = 3;

/// Certificates in PEM, trusted besides those this computer trusts.
#[derive(Debug, Clone, Default)]
pub struct Trust(pub Option<Vec<u8>>);

/// There is nothing to examine.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    /// The certificate that was given can't be trusted.
    #[error("the certificate can't be used: {0}")]
    Certificate(reqwest::Error),
    /// Nothing there speaks HTTP.
    #[error("{url} can't be reached: {reason}")]
    Nothing {
        /// The URL.
        url: String,
        /// Why.
        reason: String,
    },
}

/// How a server is asked.
#[derive(Clone)]
pub(super) struct Wire {
    client: Client,
    clock: Clock,
    noted: Arc<Mutex<AddOutcome>>,
}

/// What every answer tells besides itself.
#[derive(Default)]
struct AddOutcome {
    steps: Vec<(Step, Duration)>,
    dates: Option<(Timestamp, Timestamp)>,
}

/// A request that is being put together.
pub(super) struct Ask {
    method: Method,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    step: Option<Step>,
}

impl Ask {
    pub(super) fn new(method: Method, url: &str) -> Self {
        Self { method, url: url.into(), headers: Vec::new(), body: Vec::new(), step: None }
    }

    pub(super) fn get(url: &str) -> Self {
        Self::new(Method::GET, url)
    }

    pub(super) fn json(url: &str, body: &Value) -> Self {
        Self::new(Method::POST, url).header("content-type", "application/json").body(body.to_string())
    }

    pub(super) fn form(url: &str, fields: &[(impl AsRef<str>, impl AsRef<str>)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Self::new(Method::POST, url).header("content-type", "application/x-www-form-urlencoded").body(body)
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// What a client is doing with it, so that its time counts.
    pub(super) fn step(mut self, step: Step) -> Self {
        self.step = Some(step);
        self
    }
}

impl Wire {
    pub(super) fn new(patient: &Patient) -> Result<Self, Unreachable> {
        Ok(Self { client: client(patient, false)?, clock: patient.clock.clone(), noted: Arc::default() })
    }

    /// The same with a browser's cookies, and with none in it yet.
    pub(super) fn browser(&self, patient: &Patient) -> Result<Self, Unreachable> {
        Ok(Self { client: client(patient, true)?, ..self.clone() })
    }

    /// An answer, or why there is none.
    pub(super) async fn send(&self, ask: Ask) -> Seen {
        let asked = format!("{} {}", ask.method, path(&ask.url));
        self.attempt(ask).await.map_err(|error| {
            Trouble::fail(
                format!("{asked}: {}", reason(&error)),
                "See the function's log: `sam logs`, or what `jean serve` prints.",
            )
        })
    }

    pub(super) async fn attempt(&self, ask: Ask) -> reqwest::Result<Answer> {
        let asked = format!("{} {}", ask.method, path(&ask.url));
        let began = Instant::now();
        let answered = self.answered(ask.method, &ask.url, &ask.headers, ask.body).await;
        let took = began.elapsed();
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.steps.extend(ask.step.map(|step| (step, took)));
        let (status, headers, body) = answered?;
        if noted.dates.is_none() {
            let date = headers
                .get(header::DATE)
                .and_then(|date| date.to_str().ok())
                .and_then(|date| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).ok());
            noted.dates = date.map(|theirs| (theirs, self.clock.now()));
        }
        Ok(Answer { asked, status, headers, body, took })
    }

    async fn answered(
        &self,
        method: Method,
        url: &str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> reqwest::Result<(StatusCode, HeaderMap, Vec<u8>)> {
        let mut request = self.client.request(method, url).body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let mut response = request.send().await?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > BODY_BYTES {
                break;
            }
        }
        Ok((response.status(), response.headers().clone(), body))
    }

    /// How long the steps took, and what time the server thinks it is.
    pub(super) fn timing(&self, budget: Duration) -> Timing {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        Timing { budget, steps: noted.steps.clone(), dates: noted.dates }
    }
}

fn client(patient: &Patient, with_cookies: bool) -> Result<Client, Unreachable> {
    // The provider is the process's; that somebody chose it before us is no trouble.
    let _ = ring::default_provider().install_default();
    let certificates = patient.trust.0.as_deref().map_or(Ok(Vec::new()), Certificate::from_pem_bundle);
    let mut builder = Client::builder()
        .user_agent(concat!("jean-doctor/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .http1_only()
        .cookie_store(with_cookies)
        .timeout(patient.budget * PATIENCE)
        .tls_certs_merge(certificates.map_err(Unreachable::Certificate)?);
    if patient.target.is_loopback() {
        builder = builder.no_proxy();
    }
    builder.build().map_err(Unreachable::Certificate)
}

/// The innermost cause: reqwest's own sentences say only at which stage it was.
pub(super) fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer, for three times as long as clients wait".into();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let kind = match (error.is_dns(), error.is_connect()) {
        (true, _) => "its name can't be resolved: ",
        (_, true) => "no connection: ",
        _ => "",
    };
    format!("{kind}{cause}")
}

/// What comes after the host.
fn path(url: &str) -> String {
    url::Url::parse(url).map_or_else(|_| url.into(), |url| url.path().into())
}
