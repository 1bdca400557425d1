//! One authorization request, proven and read, and the step it is at.

use axum::{extract::RawQuery, response::Response};
use axum_extra::extract::CookieJar;
use jean_auth::{
    authorization::{AuthorizationRequest, Destination, Prompt, UnanswerableRequest, parse_query},
    client::Client,
    error::{ErrorCode, OAuthError},
    parameters::Parameters,
    session::Session,
    user::User,
};
use jean_pages::{Language, page::redirect};
use jean_runtime::SourceAddress;

use crate::{
    app::App,
    consent, cookies, documents,
    error::PageError,
    sign_in::{self, Purpose},
};

/// A request that can be answered, and by whom it was made.
pub(crate) struct Transaction {
    /// The request, written the way forms carry it on.
    pub(crate) query: String,
    parameters: Parameters,
    pub(crate) client: Client,
    pub(crate) destination: Destination,
    pub(crate) request: AuthorizationRequest,
}

/// Who is signed in in this browser.
pub(crate) struct SignedIn {
    pub(crate) session: Session,
    pub(crate) user: User,
}

/// `GET /oauth/authorize` (OAuth 2.1 §4.1.1): the page for the step that is next.
pub(crate) async fn begin(
    app: App,
    RawQuery(query): RawQuery,
    source: SourceAddress,
    language: Language,
    cookies: CookieJar,
) -> Result<Response, PageError> {
    let transaction = Transaction::read(&app, query, &source).await?;
    let signed_in = signed_in(&app, &cookies).await?;
    match (signed_in, transaction.request.prompt) {
        (Some(signed_in), prompt) if transaction.accepts(&app, &signed_in) => match prompt {
            Prompt::Nothing => {
                Ok(transaction.refuse(&app, ErrorCode::ConsentRequired, "Consent is asked for every time."))
            }
            _ => Ok(consent::page(&app, language, &transaction, &signed_in)),
        },
        (_, Prompt::Nothing) => Ok(transaction.refuse(&app, ErrorCode::LoginRequired, "Nobody is signed in.")),
        _ => Ok(sign_in::page(&app, language, &Purpose::connection(&transaction), cookies)),
    }
}

impl Transaction {
    /// Reads a request: a page for whoever has nowhere to return to, a redirect for whoever has (AS-07).
    pub(crate) async fn read(app: &App, query: Option<String>, source: &SourceAddress) -> Result<Self, PageError> {
        let (parameters, fault) = parse_query(query.unwrap_or_default().as_bytes())?;
        let client_id = parameters.get("client_id").and_then(|id| id.parse().ok());
        let client_id = client_id.ok_or(UnanswerableRequest::NoClient)?;
        let client = documents::client(app, &client_id, source).await?;
        let destination = Destination::validate(&parameters, &client)?;
        match fault.and_then(|()| AuthorizationRequest::read(&parameters, &app.public_url)) {
            Ok(request) => Ok(Self { query: parameters.query_without(&[]), parameters, client, destination, request }),
            Err(error) => Err(PageError::Redirect(destination.with_error(&error, &app.public_url))),
        }
    }

    /// The same request once somebody has signed in: what asked for that is fulfilled.
    pub(crate) fn query_after_sign_in(&self) -> String {
        self.parameters.query_without(&["prompt", "max_age"])
    }

    /// Whether this sign-in is one the request accepts.
    pub(crate) fn accepts(&self, app: &App, signed_in: &SignedIn) -> bool {
        self.request.accepts_sign_in(signed_in.session.authenticated_at(), app.now())
    }

    fn refuse(&self, app: &App, code: ErrorCode, description: &'static str) -> Response {
        redirect(&self.destination.with_error(&OAuthError::new(code, description), &app.public_url))
    }
}

/// Where a form goes, opened as a page: the address bar shows it after a form was sent. The request is in its query.
pub(crate) async fn again(RawQuery(query): RawQuery) -> Response {
    let query = Parameters::from_page(query.unwrap_or_default().as_bytes()).query_without(&[]);
    redirect(&format!("/oauth/authorize?{query}"))
}

/// Who is signed in, by the cookie alone (T-27): signed by us, not ended, of somebody who is still there.
pub(crate) async fn signed_in(app: &App, cookies: &CookieJar) -> Result<Option<SignedIn>, PageError> {
    let Some(session) = cookies::session(app, cookies).await else { return Ok(None) };
    let user = app.sessions.person(&app.users, &session).await?;
    Ok(user.map(|user| SignedIn { session, user }))
}

/// Who is signed in in this browser, if they proved it just now.
pub(crate) async fn just_signed_in(app: &App, cookies: &CookieJar) -> Result<Option<SignedIn>, PageError> {
    let signed_in = signed_in(app, cookies).await?;
    Ok(signed_in.filter(|signed_in| signed_in.session.is_recent(app.now())))
}
