//! The frame of every page: one stylesheet and the security headers (AS-17).
//!
//! Pages have no script, except those with passkeys or passwords.

use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::{
    Extension,
    extract::State,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};

use jean_runtime::{BrowserNavigation, RequestId};
use jiff::SignedDuration;

use crate::{Branding, Language, Texts, branding::Script};

#[derive(Template)]
#[template(path = "frame.html")]
struct Frame<'a> {
    language: Language,
    branding: &'a Branding,
    title: &'a str,
    body: &'a str,
    script: Option<&'a Script>,
}

impl Frame<'_> {
    /// Capacity for the elements around the parts, of less than a kilobyte.
    const AROUND: usize = 1024;

    /// Renders the page into a string that need not grow, since growing copies the page.
    fn rendered(&self) -> askama::Result<String> {
        let script = self.script.map_or("", |script| script.text);
        let parts = [self.branding.style(), self.body, script].map(str::len);
        let mut html = String::with_capacity(Self::AROUND + parts.iter().sum::<usize>());
        self.render_into(&mut html)?;
        Ok(html)
    }
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessageTemplate<'a> {
    title: &'a str,
    text: &'a str,
    typed_label: &'a str,
    typed: Option<&'a str>,
    link: Option<Link>,
    reference_label: &'a str,
    reference: &'a str,
}

/// Renders a template inside the frame.
pub fn page(
    status: StatusCode,
    language: Language,
    branding: &Branding,
    title: &str,
    body: &impl Template,
) -> Response {
    framed(status, language, branding, title, body, None)
}

/// Renders a page with a script for the forms that have something hidden:
///
/// - a form with `data-passkey` ("create" or "get"), the WebAuthn options in `data-options`, and a field `credential` for the
///   response. The script shows it if the browser supports passkeys.
/// - a label with `data-show`, the id of a password field, around a checkbox that shows the password.
pub fn page_with_script(
    status: StatusCode,
    language: Language,
    branding: &Branding,
    title: &str,
    body: &impl Template,
) -> Response {
    framed(status, language, branding, title, body, Some(&SCRIPT))
}

/// Denies the browser features that no page uses; passkeys are for this origin only.
const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), \
     publickey-credentials-create=(self), publickey-credentials-get=(self)",
);

/// The only script, on the sign-in, password and passkey pages.
static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(concat!(include_str!("../templates/password.js"), include_str!("../templates/passkey.js")))
});

fn framed(
    status: StatusCode,
    language: Language,
    branding: &Branding,
    title: &str,
    body: &impl Template,
    script: Option<&Script>,
) -> Response {
    let html = body
        .render()
        .and_then(|body| Frame { language, branding, title, body: &body, script }.rendered())
        .expect("writing to a string does not fail");
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag())),
        (header::CONTENT_SECURITY_POLICY, branding.policy(script)),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::VARY, HeaderValue::from_static("accept-language")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    ] {
        headers.insert(name, value);
    }
    response
}

/// A response that consists of a title and a text; errors also show the request id, which is in the log. The middleware
/// [`with_messages`] renders it, since handlers and errors know neither branding nor language.
#[derive(Clone)]
pub struct MessagePage {
    status: StatusCode,
    message: Arc<dyn Fn(Texts) -> Message + Send + Sync>,
    retry_after: Option<SignedDuration>,
    link: Option<Link>,
    way_out: Option<String>,
    sign_in: Option<String>,
    unsaved: Option<String>,
}

/// A link below a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The URL it leads to.
    pub location: String,
    /// Its text.
    pub label: String,
}

/// The content of a [`MessagePage`] in one language, made of its title and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The event or error.
    title: &'static str,
    /// The explanation, and the next step for the user.
    text: String,
}

impl<T: Into<String>> From<(&'static str, T)> for Message {
    fn from((title, text): (&'static str, T)) -> Self {
        Self { title, text: text.into() }
    }
}

impl MessagePage {
    /// A page with this status, and the title and text of `message`.
    pub fn new<M: Into<Message>>(status: StatusCode, message: impl Fn(Texts) -> M + Send + Sync + 'static) -> Self {
        let message = Arc::new(move |texts| message(texts).into());
        Self { status, message, retry_after: None, link: None, way_out: None, sign_in: None, unsaved: None }
    }

    /// The page of an internal error; the cause is only in the log.
    pub fn internal_error() -> Self {
        Self::server_error(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn server_error(status: StatusCode) -> Self {
        Self::new(status, |texts| (texts.internal_error_title(), texts.internal_error_text()))
    }

    /// The page of a sign-in to a disabled account. Show it only after a credential of the account has been proven.
    pub fn account_disabled() -> Self {
        Self::new(StatusCode::FORBIDDEN, |texts| (texts.account_disabled_title(), texts.account_disabled_text()))
    }

    /// The page of an attempt beyond its limit, which is possible again after `wait`.
    pub fn throttled(wait: SignedDuration) -> Self {
        let minutes = (wait.as_secs() + 59) / 60;
        let message = move |texts: Texts| (texts.throttled_title(), texts.throttled_text(minutes));
        Self { retry_after: Some(wait), ..Self::new(StatusCode::TOO_MANY_REQUESTS, message) }
    }

    /// The page with a link below the text.
    #[must_use]
    pub fn with_link(self, link: Link) -> Self {
        Self { link: Some(link), ..self }
    }

    /// The page with a link to the page of this server at which the user can go on.
    #[must_use]
    pub fn with_way_out(self, path: String) -> Self {
        Self { way_out: Some(path), ..self }
    }

    /// The page with a link to the sign-in page at this URL.
    #[must_use]
    pub fn with_sign_in(self, url: String) -> Self {
        Self { sign_in: Some(url), ..self }
    }

    /// The page with the text of a form that was not processed, for copying.
    #[must_use]
    pub fn with_unsaved(self, text: String) -> Self {
        Self { unsaved: Some(text), ..self }
    }
}

impl IntoResponse for MessagePage {
    fn into_response(self) -> Response {
        let retry_after = self.retry_after.map(|wait| [(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()))]);
        (self.status, retry_after, Extension(self)).into_response()
    }
}

/// Redirects the browser. The location is not cached and not sent as a referrer.
pub fn redirect(location: &str) -> Response {
    let headers =
        [(header::LOCATION, location), (header::CACHE_CONTROL, "no-store"), (header::REFERRER_POLICY, "no-referrer")];
    (StatusCode::FOUND, headers).into_response()
}

/// Middleware that renders every [`MessagePage`], and every error for a program that a browser received by opening the
/// URL (TO-07); for [`axum::middleware::map_response_with_state`].
pub async fn with_messages(
    State(branding): State<Branding>,
    language: Language,
    BrowserNavigation(is_navigation): BrowserNavigation,
    response: Response,
) -> Response {
    let for_browser = || is_navigation.then(|| page_instead_of(&response)).flatten();
    let message_page = response.extensions().get().cloned().or_else(for_browser);
    let Some(MessagePage { status, message, link, way_out, sign_in, unsaved, .. }) = message_page else {
        return response;
    };
    let texts = Texts::of(language);
    let way_out = way_out.map(|location| Link { location, label: texts.go_back().into() });
    let sign_in = sign_in.map(|location| Link { location, label: texts.sign_in().into() });
    let start = || Link { location: "/".into(), label: texts.start_page().into() };
    // Every error leads on to another page.
    let link = link.or(way_out).or(sign_in).or_else(|| (!status.is_success()).then(start));
    let Message { title, text } = message(texts);
    let reference = if status.is_success() || unsaved.is_some() { String::new() } else { RequestId::current() };
    let reference_label = texts.reference();
    let typed = unsaved.as_deref();
    let typed_label = texts.your_text();
    let body = MessageTemplate { title, text: &text, typed_label, typed, link, reference_label, reference: &reference };
    let mut rendered = page(status, language, &branding, title, &body);
    // The handler's own headers, such as cookies and Retry-After, are preserved.
    let replaced = |name: &&HeaderName| [header::CONTENT_TYPE, header::CONTENT_LENGTH].contains(name);
    for (name, value) in response.headers().iter().filter(|(name, _)| !replaced(name)) {
        rendered.headers_mut().append(name, value.clone());
    }
    rendered
}

/// The page for a user in place of an error for a program, or `None` if the response is sent as it is.
fn page_instead_of(response: &Response) -> Option<MessagePage> {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("text/html")) || !(status.is_client_error() || status.is_server_error())
    {
        return None;
    }
    if status.is_server_error() {
        return Some(MessagePage::server_error(status));
    }
    let message = move |texts: Texts| match status {
        StatusCode::NOT_FOUND => (texts.not_found_title(), texts.not_found_text()),
        StatusCode::PAYLOAD_TOO_LARGE => (texts.too_large_title(), texts.too_large_text()),
        _ => (texts.for_apps_title(), texts.for_apps_text()),
    };
    Some(MessagePage::new(status, message))
}
