//! The frame of every page: one stylesheet, no script, and the headers that keep a page what it is (AS-17).

use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::{
    Extension,
    extract::State,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};

use jean_runtime::RequestId;

use crate::{Branding, Language, branding::Script, texts::Texts};

#[derive(Template)]
#[template(path = "frame.html")]
struct Frame<'a> {
    language: Language,
    look: &'a Branding,
    title: &'a str,
    body: &'a str,
    script: Option<&'a Script>,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct MessageTemplate<'a> {
    title: &'a str,
    text: &'a str,
    reference_word: &'a str,
    reference: &'a str,
}

/// A page of its own template inside the frame.
pub fn page(status: StatusCode, language: Language, look: &Branding, title: &str, body: &impl Template) -> Response {
    framed(status, language, look, title, body, None)
}

/// A page with a form that asks for a passkey: one that has `data-passkey`, "create" or "get", with the options in
/// `data-options`, and a field `credential` for the answer. It is hidden until it is sure that the browser can.
pub fn page_with_passkeys(
    status: StatusCode,
    language: Language,
    look: &Branding,
    title: &str,
    body: &impl Template,
) -> Response {
    framed(status, language, look, title, body, Some(&PASSKEY_SCRIPT))
}

/// The one script there is, on the two pages that need it.
static PASSKEY_SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("../templates/passkey.js")));

fn framed(
    status: StatusCode,
    language: Language,
    look: &Branding,
    title: &str,
    body: &impl Template,
    script: Option<&Script>,
) -> Response {
    let html = body
        .render()
        .and_then(|body| Frame { language, look, title, body: &body, script }.render())
        .expect("writing to a string does not fail");
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag())),
        (header::CONTENT_SECURITY_POLICY, look.policy(script)),
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
/// where the look and the person's language are known: by [`with_messages`], around the whole router.
#[derive(Clone)]
pub struct MessagePage {
    status: StatusCode,
    words: Arc<dyn Fn(Language) -> Message + Send + Sync>,
}

/// What a notice says in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What happened.
    pub title: &'static str,
    /// What to do.
    pub text: String,
}

impl Message {
    /// What is said of a failure of ours; what failed is in the log, under the reference.
    pub fn of_our_failure(language: Language) -> Self {
        let (title, text) = Texts::of(language).our_failure;
        Self { title, text: text.into() }
    }
}

impl MessagePage {
    /// The notice that says this.
    pub fn new(status: StatusCode, words: impl Fn(Language) -> Message + Send + Sync + 'static) -> Self {
        Self { status, words: Arc::new(words) }
    }
}

impl IntoResponse for MessagePage {
    fn into_response(self) -> Response {
        (self.status, Extension(self)).into_response()
    }
}

/// Sends the browser on, and leaves no copy of where to.
pub fn redirect(location: &str) -> Response {
    let headers =
        [(header::LOCATION, location), (header::CACHE_CONTROL, "no-store"), (header::REFERRER_POLICY, "no-referrer")];
    (StatusCode::FOUND, headers).into_response()
}

/// Turns every [`MessagePage`] into its page; for [`axum::middleware::map_response_with_state`].
pub async fn with_messages(State(look): State<Branding>, language: Language, mut response: Response) -> Response {
    let Some(MessagePage { status, words }) = response.extensions_mut().remove() else { return response };
    let Message { title, text } = words(language);
    let reference = if status.is_success() { String::new() } else { RequestId::current() };
    let body =
        MessageTemplate { title, text: &text, reference_word: Texts::of(language).reference, reference: &reference };
    let mut rendered = page(status, language, &look, title, &body);
    // What the handler set beside the notice stays: cookies, Retry-After.
    for (name, value) in response.headers() {
        rendered.headers_mut().append(name, value.clone());
    }
    rendered
}
