//! HTTP requests of the checks. Redirects are not followed and requests are not retried.

use std::{
    error::Error,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use http::{HeaderMap, Method, StatusCode, header};
use jean_runtime::Clock;
use jiff::Timestamp;
use reqwest::{Certificate, Client, redirect::Policy};
use serde_json::Value;
use tokio_rustls::rustls::{self, InvalidMessage, crypto::ring};
use url::form_urlencoded;

use super::{
    answer::{Outcome, Reply},
    examination::Examination,
    report::Problem,
    timing::{TimedStep, Timing},
};

/// Maximum bytes read of a response; metadata, pages and lists of tools have a tenth of it.
const BODY_BYTES: usize = 2 * 1024 * 1024;
/// Timeout of a request, in budgets. Late responses are measured; the timeout ends requests without one.
const TIMEOUT_BUDGETS: u32 = 3;

/// The server cannot be examined.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    /// The given certificate is invalid.
    #[error("invalid certificate: {0}")]
    Certificate(reqwest::Error),
    /// The URL does not answer over HTTP.
    #[error("{url} cannot be reached: {reason}")]
    Nothing {
        /// The URL.
        url: String,
        /// The cause.
        reason: String,
    },
    /// Another server answers at the URL.
    #[error("{url} is not a memory server: {answer}; check the host and the port")]
    OtherServer {
        /// The URL.
        url: String,
        /// The answer in a few words.
        answer: String,
    },
    /// The server names another path of its own as the endpoint.
    #[error("there is nothing at {url}; did you mean {endpoint}?")]
    OtherPath {
        /// The URL.
        url: String,
        /// The endpoint in the server's metadata.
        endpoint: String,
    },
}

/// An HTTP client that measures its requests.
#[derive(Clone)]
pub(super) struct Wire {
    client: Client,
    clock: Clock,
    measurements: Arc<Mutex<Measurements>>,
}

/// Measurements taken of every response.
#[derive(Default)]
struct Measurements {
    steps: Vec<(TimedStep, Duration)>,
    dates: Option<(Timestamp, Timestamp)>,
}

/// A request under construction.
pub(super) struct Probe {
    method: Method,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    step: Option<TimedStep>,
}

impl Probe {
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

    /// Assigns the request to a step, so that its duration is measured.
    pub(super) fn step(mut self, step: TimedStep) -> Self {
        self.step = Some(step);
        self
    }
}

impl Wire {
    pub(super) fn new(examination: &Examination) -> Result<Self, Unreachable> {
        Ok(Self { client: client(examination, false)?, clock: examination.clock.clone(), measurements: Arc::default() })
    }

    /// Returns a client with an empty cookie store.
    pub(super) fn browser(&self, examination: &Examination) -> Result<Self, Unreachable> {
        Ok(Self { client: client(examination, true)?, ..self.clone() })
    }

    /// Sends a request. A failure is returned as a problem.
    pub(super) async fn send(&self, ask: Probe) -> Outcome {
        let asked = format!("{} {}", ask.method, path(&ask.url));
        self.attempt(ask).await.map_err(|error| {
            Problem::fail(
                format!("{asked}: {}", reason(&error)),
                "See the function's log: `sam logs`, or what `jean serve` prints.",
            )
        })
    }

    pub(super) async fn attempt(&self, ask: Probe) -> reqwest::Result<Reply> {
        let asked = format!("{} {}", ask.method, path(&ask.url));
        let began = Instant::now();
        let answered = self.answered(ask.method, &ask.url, &ask.headers, ask.body).await;
        let took = began.elapsed();
        let mut measurements = self.measurements.lock().unwrap_or_else(PoisonError::into_inner);
        measurements.steps.extend(ask.step.map(|step| (step, took)));
        let (status, headers, body) = answered?;
        if measurements.dates.is_none() {
            let date = headers
                .get(header::DATE)
                .and_then(|date| date.to_str().ok())
                .and_then(|date| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).ok());
            measurements.dates = date.map(|theirs| (theirs, self.clock.now()));
        }
        Ok(Reply { asked, status, headers, body, took })
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

    /// Returns the durations of the steps and the server's clock.
    pub(super) fn timing(&self, budget: Duration) -> Timing {
        let measurements = self.measurements.lock().unwrap_or_else(PoisonError::into_inner);
        Timing { budget, steps: measurements.steps.clone(), dates: measurements.dates }
    }
}

fn client(examination: &Examination, with_cookies: bool) -> Result<Client, Unreachable> {
    // The provider is global to the process, and an earlier installation is not an error.
    let _ = ring::default_provider().install_default();
    let certificates = examination.trust.0.as_deref().map_or(Ok(Vec::new()), Certificate::from_pem_bundle);
    let mut builder = Client::builder()
        .user_agent(concat!("jean-doctor/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .http1_only()
        .cookie_store(with_cookies)
        .timeout(examination.budget * TIMEOUT_BUDGETS)
        .tls_certs_merge(certificates.map_err(Unreachable::Certificate)?);
    if examination.target.is_loopback() {
        builder = builder.no_proxy();
    }
    builder.build().map_err(Unreachable::Certificate)
}

/// Returns the innermost cause; reqwest's own messages name only the stage.
pub(super) fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no response within three times the limit of clients".into();
    }
    let mut cause: &(dyn Error + 'static) = error;
    while let Some(source) = source(cause) {
        cause = source;
    }
    if cause.downcast_ref() == Some(&rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)) {
        return "the server at this port speaks http, not https".into();
    }
    let kind = match (error.is_dns(), error.is_connect()) {
        (true, _) => "its name cannot be resolved: ",
        (_, true) => "no connection: ",
        _ => "",
    };
    format!("{kind}{cause}")
}

/// Returns the cause of an error. An [`io::Error`] has the cause of the error that it wraps, and would hide that error.
fn source<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>() {
        Some(error) => error.get_ref().map(|wrapped| wrapped as &(dyn Error + 'static)),
        None => error.source(),
    }
}

/// Returns the path of a URL.
fn path(url: &str) -> String {
    url::Url::parse(url).map_or_else(|_| url.into(), |url| url.path().into())
}
