//! The frame of every page: one stylesheet, no script, and the headers that keep a page what it is (AS-17).

use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::{
    Extension,
    extract::State,
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::{Environment, Language, RequestId};

const STYLE: &str = include_str!("../templates/style.css");

/// The policy names the one stylesheet by its hash. There is no `form-action`: Chromium applies it to the redirect after
/// a form too, and would stop the way back to the client.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; frame-ancestors 'none'")
        .parse()
        .expect("base64 is a header value")
});

/// The name people know this server by: `SERVICE_NAME`, or Jean Memory.
#[derive(Debug, Clone)]
pub struct ServiceName(String);

impl ServiceName {
    /// Reads the setting.
    pub fn new(environment: &Environment) -> Self {
        Self(environment.get("SERVICE_NAME").unwrap_or("Jean Memory").into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Template)]
#[template(path = "frame.html")]
struct Frame<'a> {
    language: Language,
    service_name: &'a str,
    title: &'a str,
    style: &'static str,
    body: &'a str,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage<'a> {
    title: &'a str,
    text: &'a str,
    reference_word: &'a str,
    reference: &'a str,
}

/// A page of its own template inside the frame.
pub fn page(
    status: StatusCode,
    language: Language,
    service_name: &ServiceName,
    title: &str,
    body: &impl Template,
) -> Response {
    let html = body
        .render()
        .and_then(|body| {
            Frame { language, service_name: service_name.as_str(), title, style: STYLE, body: &body }.render()
        })
        .expect("writing to a string does not fail");
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag())),
        (header::CONTENT_SECURITY_POLICY, POLICY.clone()),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::VARY, HeaderValue::from_static("accept-language")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    ] {
        headers.insert(name, value);
    }
    response
}

/// A page that says what happened and what to do; if it went wrong, with the reference that stands in the log too. Made
/// where the service's name and the person's language are known: by [`with_notices`], around the whole router.
#[derive(Clone)]
pub struct Notice {
    status: StatusCode,
    words: Arc<dyn Fn(Language) -> Words + Send + Sync>,
}

/// What a notice says in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// What happened.
    pub title: &'static str,
    /// What to do.
    pub text: String,
}

impl Notice {
    /// The notice that says this.
    pub fn new(status: StatusCode, words: impl Fn(Language) -> Words + Send + Sync + 'static) -> Self {
        Self { status, words: Arc::new(words) }
    }
}

impl IntoResponse for Notice {
    fn into_response(self) -> Response {
        (self.status, Extension(self)).into_response()
    }
}

/// Turns every [`Notice`] into its page; for [`axum::middleware::map_response_with_state`].
pub async fn with_notices(
    State(service_name): State<ServiceName>,
    language: Language,
    mut response: Response,
) -> Response {
    let Some(Notice { status, words }) = response.extensions_mut().remove() else { return response };
    let Words { title, text } = words(language);
    let reference = if status.is_success() { String::new() } else { RequestId::current() };
    let reference_word = match language {
        Language::English => "Reference",
        Language::German => "Kennzeichen",
    };
    let body = NoticePage { title, text: &text, reference_word, reference: &reference };
    let mut rendered = page(status, language, &service_name, title, &body);
    // What the handler set beside the notice stays: cookies, Retry-After.
    for (name, value) in response.headers() {
        rendered.headers_mut().append(name, value.clone());
    }
    rendered
}
