//! `GET /oauth/authorize`: the page for the next step of an authorization request (OAuth 2.1 §4.1.1).

use axum::{extract::RawQuery, response::Response};
use axum_extra::extract::CookieJar;
use jean_auth::{authorization::Prompt, error::ErrorCode, parameters::Parameters};
use jean_pages::{Language, page::redirect};
use jean_runtime::SourceAddress;

use crate::{
    app::App,
    consent,
    error::PageError,
    sign_in::{self, SignInPurpose},
    transaction::Transaction,
};

/// `GET /oauth/authorize`: consent if the session is accepted, sign-in otherwise. With `prompt=none` no page can be shown,
/// so the client receives an error instead.
pub(crate) async fn begin(
    app: App,
    RawQuery(query): RawQuery,
    source: SourceAddress,
    language: Language,
    cookies: CookieJar,
) -> Result<Response, PageError> {
    let transaction = Transaction::read(&app, query, &source, &cookies).await?;
    let accepted = transaction.accepted_sign_in(&app, &cookies).await?;
    match (accepted, transaction.request.prompt) {
        (Some(_), Prompt::Nothing) => {
            let description = "Consent is required for every request.";
            Err(transaction.reject(&app, &cookies, ErrorCode::ConsentRequired, description).await)
        }
        (None, Prompt::Nothing) => {
            Err(transaction.reject(&app, &cookies, ErrorCode::LoginRequired, "The user is not signed in.").await)
        }
        (Some(signed_in), _) => Ok(consent::page(&app, language, &transaction, &signed_in)),
        (None, _) => Ok(sign_in::page(&app, language, &SignInPurpose::connection(&transaction), cookies)),
    }
}

/// `GET` of a form's URL, which the address bar shows after the form was sent: returns to the request in its query.
pub(crate) async fn again(RawQuery(query): RawQuery) -> Response {
    let query = Parameters::from_page(query.unwrap_or_default().as_bytes()).query_without(&[]);
    redirect(&format!("/oauth/authorize?{query}"))
}
