//! The query of a page.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use jean_auth::parameters::Parameters;

/// The query parameters of one of our pages. Repeated ones count as absent.
pub(crate) struct PageQuery(pub(crate) Parameters);

impl<S: Sync> FromRequestParts<S> for PageQuery {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Parameters::from_page(parts.uri.query().unwrap_or_default().as_bytes())))
    }
}
