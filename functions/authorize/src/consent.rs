//! Consent, which is required for every authorization (AS-16), and the authorization code.

use askama::Template;
use axum::{extract::RawQuery, response::Response};
use axum_extra::extract::CookieJar;
use http::{HeaderValue, StatusCode, header};
use jean_auth::{
    authorization::Destination,
    client::Client,
    client_metadata::DocumentUrl,
    code::{self, IssuedCode},
    error::{ErrorCode, OAuthError},
    grant::ConnectionLifetimes,
    known_client::Identity,
    scope::{Scope, Scopes},
    secret::AuthorizationCode,
    session::Form,
};
use jean_pages::{
    AccessChoice, Language, SameOriginForm, Texts, UnknownChoice,
    page::{self, redirect},
};
use jean_runtime::SourceAddress;

use crate::{
    app::App,
    error::PageError,
    transaction::{AcceptedSignIn, Transaction},
};

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    texts: Texts,
    identity: Identity<'a>,
    /// `true` if the name belongs to another app (SR-06). Full access is not the default then.
    has_borrowed_name: bool,
    /// The first letter of the client's name, shown instead of a logo.
    initial: char,
    /// The redirect URI: the text before its host, the host, and the rest.
    redirect_uri: [String; 3],
    is_loopback: bool,
    /// `true` if the answer opens an app through its own scheme.
    is_app: bool,
    /// The host of the client metadata document. Unlike the name, the client cannot choose it freely.
    described_at: Option<String>,
    email: &'a str,
    /// `true` if write access was requested. The user can then choose less.
    may_write: bool,
    preselected: AccessChoice,
    query: &'a str,
    stays_connected: bool,
    lifetimes: ConnectionLifetimes,
    consent_token: String,
    sign_out_token: String,
}

impl ConsentPage<'_> {
    /// The lifetime of the connection, and the data that the app learns (SR-18).
    fn connection(&self) -> String {
        let ConnectionLifetimes { access_token, sliding, absolute } = self.lifetimes;
        if self.stays_connected {
            self.texts.connected_until(sliding.as_hours() / 24, absolute.as_hours() / 24)
        } else {
            // Rounded up to whole minutes.
            self.texts.connected_briefly((access_token.as_secs() + 59) / 60)
        }
    }
}

/// The consent page. Its forms are bound to the session and the request (T-05, T-11).
pub(crate) fn page(app: &App, language: Language, transaction: &Transaction, signed_in: &AcceptedSignIn) -> Response {
    let texts = Texts::of(language);
    let redirect_uri = transaction.destination.redirect_uri();
    let identity = transaction.destination.identity(&transaction.client);
    let token = |form| signed_in.token(app, form, &transaction.query);
    let page = ConsentPage {
        texts,
        identity,
        has_borrowed_name: transaction.destination.has_borrowed_name(&transaction.client),
        initial: identity.name().chars().find(|c| c.is_alphanumeric()).unwrap_or('?'),
        redirect_uri: redirect_uri.around_host(),
        is_loopback: redirect_uri.is_loopback(),
        is_app: redirect_uri.is_app(),
        described_at: transaction.client.client_id.as_str().parse().ok().map(|url: DocumentUrl| url.host().into()),
        email: signed_in.user.email.as_str(),
        may_write: transaction.request.scopes.allows(Scope::MemoryWrite),
        preselected: preselected(transaction),
        query: &transaction.query,
        stays_connected: transaction.client.stays_connected(&transaction.request.scopes),
        lifetimes: app.connection_lifetimes,
        consent_token: token(Form::Consent),
        sign_out_token: token(Form::SignOut),
    };
    page::page(StatusCode::OK, language, &app.branding, texts.connect_an_app(), &page)
}

/// The choice that the page selects. A client with the name of another app should not get full access by a quick click.
fn preselected(transaction: &Transaction) -> AccessChoice {
    if transaction.destination.has_borrowed_name(&transaction.client) { AccessChoice::Own } else { AccessChoice::All }
}

/// The scopes that the user grants, or `None` if the form has a choice that the page does not offer. A form without one has the
/// choice that the page selects.
fn granted(transaction: &Transaction, field: &str) -> Option<Scopes> {
    let requested = &transaction.request.scopes;
    let choice = match field.parse() {
        Ok(choice) => choice,
        // The page offers no choice.
        Err(UnknownChoice) if !requested.allows(Scope::MemoryWrite) => AccessChoice::All,
        Err(UnknownChoice) if field.is_empty() => preselected(transaction),
        Err(UnknownChoice) => return None,
    };
    Some(choice.of_these(requested.clone()))
}

/// `POST /oauth/consent`: returns to the client with a code or `access_denied`.
pub(crate) async fn decide(
    app: App,
    RawQuery(query): RawQuery,
    source: SourceAddress,
    cookies: CookieJar,
    language: Language,
    form: SameOriginForm,
) -> Result<Response, PageError> {
    let transaction = Transaction::read(&app, query, &source, &cookies).await?;
    let again = || redirect(&format!("/oauth/authorize?{}", transaction.query));
    let Some(signed_in) = transaction.accepted_sign_in(&app, &cookies).await? else { return Ok(again()) };
    // The user has changed in another tab, or the request was altered: show the page again.
    if !signed_in.has_token(&app, form.field("token"), Form::Consent, &transaction.query) {
        return Ok(again());
    }
    match form.field("decision") {
        "allow" => match granted(&transaction, form.field("access")) {
            Some(scope) => allow(&app, language, transaction, signed_in, scope).await,
            None => Ok(again()),
        },
        "deny" => {
            tracing::info!(event = jean_runtime::event::CONSENT_DENIED, user_id = %signed_in.user.user_id, client_id = %transaction.client.client_id, "consent denied");
            let Transaction { client, destination, .. } = transaction;
            let denied = OAuthError::new(ErrorCode::AccessDenied, "The user denied access.");
            let location = destination.with_error(&denied, app.public_url()).for_user();
            Ok(return_to_client(&app, language, &client, &destination, &location))
        }
        _ => Ok(again()),
    }
}

/// Issues an authorization code. A second click issues another one; the unused code expires.
async fn allow(
    app: &App,
    language: Language,
    transaction: Transaction,
    signed_in: AcceptedSignIn,
    scope: Scopes,
) -> Result<Response, PageError> {
    let code = AuthorizationCode::new(app.random.bytes());
    let Transaction { client, destination, request, .. } = transaction;
    let user = signed_in.into_user();
    let issued = IssuedCode {
        client: destination.short_name(&client),
        client_id: client.client_id.clone(),
        redirect_uri: destination.redirect_uri().clone(),
        code_challenge: request.code_challenge,
        user_id: user.user_id,
        email: user.email,
        scope,
        expires_at: app.now() + code::LIFETIME,
        redeemed_for: None,
    };
    app.codes.issue(&issued, &code.hash()).await?;
    tracing::info!(event = jean_runtime::event::CONSENT, user_id = %issued.user_id, client_id = %issued.client_id, scope = %issued.scope, "consent given");
    let location = destination.with_code(&code, app.public_url());
    Ok(return_to_client(app, language, &client, &destination, &location))
}

#[derive(Template)]
#[template(path = "open_app.html")]
struct OpenAppPage<'a> {
    texts: Texts,
    name: &'a str,
    /// The redirect URI with the response.
    location: &'a str,
}

/// Redirects the browser to the client. After a redirect to an app's own scheme, a browser would still show the page with
/// the form, and nothing at all if the app did not open: the answer is then a page that opens the app and has a link to it.
fn return_to_client(
    app: &App,
    language: Language,
    client: &Client,
    destination: &Destination,
    location: &str,
) -> Response {
    if !destination.redirect_uri().is_app() {
        return redirect(location);
    }
    let texts = Texts::of(language);
    let page = OpenAppPage { texts, name: destination.identity(client).name(), location };
    let mut page = page::page(StatusCode::OK, language, &app.branding, texts.connect_an_app(), &page);
    if let Ok(refresh) = HeaderValue::from_str(&format!("0;url={location}")) {
        page.headers_mut().insert(header::REFRESH, refresh);
    }
    page
}
