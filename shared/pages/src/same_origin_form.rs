//! A form that one of our own pages sent.

use axum::{
    extract::{FromRef, FromRequest, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use jean_auth::{parameters::Parameters, public_url::PublicUrl};

use jean_runtime::body;

use crate::{
    page::{Message, MessagePage},
    texts::Texts,
};

/// The largest form: a memory's text of 64 KiB, of which each byte may take three.
const LIMIT: usize = 256 * 1024;

/// The fields of a form, once it is sure that no other site sent it (T-16).
#[derive(Debug)]
pub struct SameOriginForm(Parameters);

impl SameOriginForm {
    /// What was typed or hidden in a field; nothing, if it is missing or there twice.
    pub fn field(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_default()
    }
}

impl<S: Sync> FromRequest<S> for SameOriginForm
where
    PublicUrl: FromRef<S>,
{
    type Rejection = FormRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, FormRejection> {
        if !is_same_origin(&PublicUrl::from_ref(state), request.headers()) {
            return Err(FormRejection::CrossSite);
        }
        if body::media_type(request.headers()) != "application/x-www-form-urlencoded" {
            return Err(FormRejection::Unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let body = body::collect_at_most(LIMIT, request).await.map_err(FormRejection::Unreadable)?;
        Ok(Self(Parameters::from_page(&body)))
    }
}

/// The browser says itself where a form stood, and no page can make it say otherwise. Our pages send no referrer, so
/// their `Origin` is `null`: `Sec-Fetch-Site` is what counts where it exists.
pub fn is_same_origin(public_url: &PublicUrl, headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => {
            let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
            origin.is_some_and(|origin| public_url.is_origin(origin))
        }
    }
}

/// Why something is no form of ours. It answers with a page.
#[derive(Debug, thiserror::Error)]
pub enum FormRejection {
    /// It stood on a page of somebody else.
    #[error("the form was sent from another site")]
    CrossSite,
    /// It is no form, or too large; with the status that says so.
    #[error("the body can't be read")]
    Unreadable(StatusCode),
}

impl IntoResponse for FormRejection {
    fn into_response(self) -> Response {
        tracing::info!(reason = %self, "refused");
        let status = match self {
            Self::CrossSite => StatusCode::FORBIDDEN,
            Self::Unreadable(status) => status,
        };
        let words = move |language| {
            let texts = Texts::of(language);
            let (title, text) = if status == StatusCode::FORBIDDEN { texts.cross_site } else { texts.unreadable };
            Message { title, text: text.into() }
        };
        MessagePage::new(status, words).into_response()
    }
}
