//! A form that one of our own pages sent.

use auth::parameters::Parameters;
use axum::extract::{FromRequest, Request};
use http::{HeaderMap, header};
use web::body;

use crate::{App, error::PageError};

/// The fields of a form, once it is sure that no other site sent it (T-16).
pub(crate) struct SentForm(Parameters);

impl SentForm {
    /// What was typed or hidden in a field; nothing, if it is missing or there twice.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.0.one(name).ok().flatten().unwrap_or_default()
    }
}

impl FromRequest<App> for SentForm {
    type Rejection = PageError;

    async fn from_request(request: Request, app: &App) -> Result<Self, PageError> {
        if !is_same_origin(app, request.headers()) {
            return Err(PageError::CrossSite);
        }
        let body::Form(fields) = body::Form::from_request(request, app).await?;
        Ok(Self(fields))
    }
}

/// The browser says itself where a form stood, and no page can make it say otherwise. Our pages send no referrer, so
/// their `Origin` is `null`: `Sec-Fetch-Site` is what counts where it exists.
fn is_same_origin(app: &App, headers: &HeaderMap) -> bool {
    let text = |value: &http::HeaderValue| value.to_str().ok().map(String::from);
    match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => headers.get(header::ORIGIN).and_then(text).is_some_and(|origin| app.public_url.is_origin(&origin)),
    }
}
