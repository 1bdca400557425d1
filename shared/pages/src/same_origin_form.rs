//! Forms that only a page of this server can submit (T-16).

use axum::{
    extract::{FromRef, FromRequest, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use jean_auth::{parameters::Parameters, public_url::PublicUrl};

use jean_runtime::body;

use crate::{
    Confirmation, Texts,
    page::{MessagePage, redirect},
};

/// Size limit of a form in bytes: a memory of 64 KiB, three bytes each when percent-encoded.
const LIMIT: usize = 256 * 1024;

/// The fields of a form sent from a page of this server (T-16).
#[derive(Debug)]
pub struct SameOriginForm {
    fields: Parameters,
    sender: Sender,
}

impl SameOriginForm {
    /// Returns the value of a field, or an empty string if it is missing.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).unwrap_or_default()
    }

    /// The answer to the form if it belongs to another session. `page` is the path of its page.
    pub fn stale(&self, page: &str, public_url: &PublicUrl) -> StaleForm {
        StaleForm { page: page.into(), sender: self.sender, public_url: public_url.clone() }
    }
}

impl<S: Sync> FromRequest<S> for SameOriginForm
where
    PublicUrl: FromRef<S>,
{
    type Rejection = FormRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, FormRejection> {
        let sender = Sender::of(&PublicUrl::from_ref(state), request.headers())?;
        if body::media_type(request.headers()) != "application/x-www-form-urlencoded" {
            return Err(FormRejection::Unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let body = body::collect_at_most(LIMIT, request).await.map_err(FormRejection::Unreadable)?;
        let unreadable = |_| FormRejection::Unreadable(StatusCode::BAD_REQUEST);
        let fields = Parameters::from_own_form(&body).map_err(unreadable)?;
        Ok(Self { fields, sender })
    }
}

/// The page that a form was sent from, by the headers that browsers set and pages cannot change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// A page of this server.
    ThisServer,
    /// Unknown. Every form has a token that is bound to a cookie of this host, which a page elsewhere cannot have, so the
    /// handler rejects the forms that the headers do not judge.
    Unknown,
}

impl Sender {
    /// Reads `Sec-Fetch-Site` and `Origin`. The pages send no referrer, so their `Origin` is `null`: `Sec-Fetch-Site` takes
    /// precedence. Safari 15 and embedded browsers send neither, or only `Origin: null` (TO-10).
    ///
    /// # Errors
    ///
    /// [`FormRejection::CrossSite`] if the browser says that the form was sent from elsewhere.
    pub fn of(public_url: &PublicUrl, headers: &HeaderMap) -> Result<Self, FormRejection> {
        let is_here = match (headers.get("sec-fetch-site"), headers.get(header::ORIGIN)) {
            (Some(site), _) => site == "same-origin",
            (None, Some(origin)) if origin != "null" => {
                origin.to_str().is_ok_and(|origin| public_url.is_origin(origin))
            }
            (None, _) => return Ok(Self::Unknown),
        };
        if is_here { Ok(Self::ThisServer) } else { Err(FormRejection::CrossSite) }
    }
}

/// A form that belongs to another session: the user has signed in again in another tab. Its page is shown again, with forms of
/// the current session.
#[derive(Debug)]
pub struct StaleForm {
    /// The path of its page.
    pub page: String,
    /// The page that it was sent from. Only a form of this server sets the cookie of the notice that nothing was done (T-16).
    pub sender: Sender,
    /// The public URL of the server.
    pub public_url: PublicUrl,
}

impl IntoResponse for StaleForm {
    fn into_response(self) -> Response {
        match self.sender {
            Sender::ThisServer => Confirmation::Stale.at(&self.page, &self.public_url),
            Sender::Unknown => redirect(&self.page),
        }
    }
}

/// The reasons to reject a form. The response is a page.
#[derive(Debug, thiserror::Error)]
pub enum FormRejection {
    /// Another site sent the form.
    #[error("form sent from another site")]
    CrossSite,
    /// Not a form, too large, or with a repeated field (T-12); with the status of the response.
    #[error("unreadable form")]
    Unreadable(StatusCode),
}

impl IntoResponse for FormRejection {
    fn into_response(self) -> Response {
        tracing::info!(reason = %self, "refused");
        let status = match self {
            Self::CrossSite => StatusCode::FORBIDDEN,
            Self::Unreadable(status) => status,
        };
        let message = move |texts: Texts| match status {
            StatusCode::PAYLOAD_TOO_LARGE => (texts.too_large_title(), texts.too_large_text()),
            StatusCode::FORBIDDEN => (texts.form_cross_site_title(), texts.form_cross_site_text()),
            _ => (texts.form_unreadable_title(), texts.form_unreadable_text()),
        };
        MessagePage::new(status, message).into_response()
    }
}
