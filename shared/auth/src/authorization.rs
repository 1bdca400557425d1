//! The authorization request ([OAuth 2.1 §4.1.1](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1)), parsed in two
//! steps so that an open redirect cannot be constructed.
//!
//! [`Destination::validate`] checks client and redirect URI. Until it succeeds the only possible response is an error page
//! (AS-07), because only a [`Destination`] can construct the URL of a redirect.

use jiff::{SignedDuration, Timestamp};

use crate::{
    client::{Client, ShortName},
    client_metadata::DocumentUrl,
    error::{ErrorCode, OAuthError},
    known_client::{self, Identity, KnownClient},
    metadata::{CODE_CHALLENGE_METHODS, RESPONSE_MODES, RESPONSE_TYPES},
    parameters::{InvalidParameters, Parameters},
    pkce::CodeChallenge,
    public_url::PublicUrl,
    redirect_uri::RedirectUri,
    resource,
    scope::Scopes,
    secret::AuthorizationCode,
};

/// Maximum length of a returned `state`, in bytes (T-25).
const STATE_BYTES: usize = 4096;

/// The reason why a request cannot be answered by a redirect. The user sees an error page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnanswerableRequest {
    /// `client_id` is missing, malformed or repeated.
    #[error("missing client_id")]
    NoClient,
    /// The client is not registered, or its registration has expired.
    #[error("unknown client")]
    UnknownClient,
    /// The client id is a URL that cannot be the URL of a client metadata document.
    #[error("unusable client metadata URL")]
    UnusableClientUrl,
    /// `redirect_uri` is repeated, or missing although the client has registered several.
    #[error("missing redirect_uri")]
    NoRedirectUri,
    /// The request exceeds the limits of [`Parameters`].
    #[error("too many or overlong parameters")]
    TooLarge,
    /// `redirect_uri` is not registered for the client.
    #[error("unregistered redirect_uri")]
    UnregisteredRedirectUri,
}

/// The destination of the response: a redirect URI registered for the client.
#[derive(Debug)]
pub struct Destination {
    redirect_uri: RedirectUri,
    state: Option<String>,
}

impl Destination {
    /// Checks the redirect URI against those of the client.
    ///
    /// # Errors
    /// [`UnanswerableRequest`], for an error page.
    pub fn validate(parameters: &Parameters, client: &Client) -> Result<Self, UnanswerableRequest> {
        let requested = match parameters.get("redirect_uri") {
            Some(text) => text.parse().map_err(|_| UnanswerableRequest::UnregisteredRedirectUri)?,
            // RFC 6749 §3.1.2.3: optional if the client registered exactly one.
            None => match client.redirect_uris.as_slice() {
                [only] => only.clone(),
                _ => return Err(UnanswerableRequest::NoRedirectUri),
            },
        };
        if !client.redirect_uris.iter().any(|registered| registered.matches(&requested)) {
            return Err(UnanswerableRequest::UnregisteredRedirectUri);
        }
        // An overlong `state` cannot be returned as it was. `AuthorizationRequest::read` rejects the request.
        let state = parameters.get("state").filter(|state| state.len() <= STATE_BYTES).map(Into::into);
        Ok(Self { redirect_uri: requested, state })
    }

    /// The redirect URI that the code is bound to.
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.redirect_uri
    }

    /// The redirect with a code (OAuth 2.1 §4.1.2) and `iss` (RFC 9207).
    pub fn with_code(&self, code: &AuthorizationCode, public_url: &PublicUrl) -> String {
        self.answer(&[("code", &code.expose())], public_url)
    }

    /// The response with an error (OAuth 2.1 §4.1.2.1) and `iss` (AS-08).
    pub fn with_error(&self, error: &OAuthError, public_url: &PublicUrl) -> ErrorResponse {
        let members = [("error", error.code.as_str()), ("error_description", error.description)];
        ErrorResponse { redirect_uri: self.redirect_uri.clone(), location: self.answer(&members, public_url) }
    }

    /// The identity of the client that receives the response.
    pub fn identity<'a>(&self, client: &'a Client) -> Identity<'a> {
        KnownClient::at(&self.redirect_uri).map_or(Identity::Claimed(&client.client_name), Identity::Known)
    }

    /// The short name of the client that receives the response (SR-02).
    pub fn short_name(&self, client: &Client) -> ShortName {
        match client.client_id.as_str().parse::<DocumentUrl>() {
            Ok(document) => document.short_name(),
            Err(_) => known_client::short_name(&client.client_name, &self.redirect_uri),
        }
    }

    /// `true` if the client bears a reserved name that neither its redirect URI nor its document proves (SR-06).
    pub fn has_borrowed_name(&self, client: &Client) -> bool {
        let claimed = known_client::short_name(&client.client_name, &self.redirect_uri);
        known_client::is_unverified(&claimed) && known_client::product_name(&self.short_name(client)).is_none()
    }

    fn answer(&self, answer: &[(&str, &str)], public_url: &PublicUrl) -> String {
        let state = self.state.as_deref().map(|state| ("state", state));
        let iss = ("iss", public_url.issuer());
        self.redirect_uri.with_query(answer.iter().copied().chain(state).chain([iss]))
    }
}

/// An authorization error response.
///
/// An attacker can register any redirect URI and make a request fail on purpose. The server would then be an open
/// redirector, which helps phishing, so the delivery depends on the session of the browser (SR-07,
/// [RFC 9700 §4.11.2](https://www.rfc-editor.org/rfc/rfc9700#section-4.11.2)).
#[derive(Debug, PartialEq, Eq)]
pub struct ErrorResponse {
    redirect_uri: RedirectUri,
    location: String,
}

/// The delivery of an [`ErrorResponse`].
#[derive(Debug, PartialEq, Eq)]
pub enum ErrorDelivery {
    /// Redirect to this URL.
    Redirect(String),
    /// Show a page with a link to `location`; `redirect_uri` is its label.
    Link {
        /// The URL of the redirect.
        location: String,
        /// The redirect URI, without the parameters of the response.
        redirect_uri: RedirectUri,
    },
}

impl ErrorResponse {
    /// The URL to redirect a browser with a session to.
    pub fn for_user(self) -> String {
        self.location
    }

    /// The delivery to a browser without a session: a redirect to this computer and to well-known clients only.
    pub fn for_anonymous(self) -> ErrorDelivery {
        let Self { redirect_uri, location } = self;
        if redirect_uri.is_loopback() || KnownClient::at(&redirect_uri).is_some() {
            ErrorDelivery::Redirect(location)
        } else {
            ErrorDelivery::Link { location, redirect_uri }
        }
    }
}

/// The `prompt` parameter of OpenID Connect Core §3.1.2.1. `consent` changes nothing, since consent is always required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// No restriction.
    AsNeeded,
    /// The user must sign in again.
    Login,
    /// No page may be shown.
    Nothing,
}

/// A valid authorization request.
#[derive(Debug, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// The PKCE challenge that the code is bound to.
    pub code_challenge: CodeChallenge,
    /// The requested scopes.
    pub scopes: Scopes,
    /// The requested interaction.
    pub prompt: Prompt,
    /// The maximum age of the sign-in.
    pub max_age: Option<SignedDuration>,
    /// The email address to pre-fill.
    pub login_hint: Option<String>,
}

/// Parses the query of an authorization request.
///
/// A request that repeats a parameter is still answered by a redirect, so the parameters sent once are
/// returned beside the error. If `client_id` or `redirect_uri` is repeated there is nowhere to redirect to.
///
/// # Errors
/// [`UnanswerableRequest`]
pub fn parse_query(query: &[u8]) -> Result<(Parameters, Result<(), OAuthError>), UnanswerableRequest> {
    let repeated = match Parameters::from_form(query) {
        Ok(parameters) => return Ok((parameters, Ok(()))),
        Err(InvalidParameters::TooLarge) => return Err(UnanswerableRequest::TooLarge),
        Err(InvalidParameters::Repeated(repeated)) => repeated,
    };
    if repeated.repeats("client_id") {
        return Err(UnanswerableRequest::NoClient);
    }
    if repeated.repeats("redirect_uri") {
        return Err(UnanswerableRequest::NoRedirectUri);
    }
    let fault = InvalidParameters::Repeated(repeated.clone()).into();
    Ok((repeated.into_unique(), Err(fault)))
}

impl AuthorizationRequest {
    /// Parses everything but the destination.
    ///
    /// # Errors
    /// The error to redirect to the client.
    pub fn read(parameters: &Parameters, client: &Client, public_url: &PublicUrl) -> Result<Self, OAuthError> {
        let invalid = |description| OAuthError::new(ErrorCode::InvalidRequest, description);
        if parameters.get("state").is_some_and(|state| state.len() > STATE_BYTES) {
            return Err(invalid("state is longer than 4096 bytes."));
        }
        match parameters.get("response_type") {
            Some(kind) if RESPONSE_TYPES.contains(&kind) => {}
            Some(_) => {
                return Err(OAuthError::new(
                    ErrorCode::UnsupportedResponseType,
                    "Only response_type=code is supported.",
                ));
            }
            None => return Err(invalid("response_type is missing.")),
        }
        // OAuth 2.0 Multiple Response Type Encoding Practices §2.1. The client would wait for another kind of response.
        if parameters.get("response_mode").is_some_and(|mode| !RESPONSE_MODES.contains(&mode)) {
            return Err(invalid("Only response_mode=query is supported."));
        }
        // RFC 7636 §4.3: a missing method means `plain`, which is rejected for every client.
        if !parameters.get("code_challenge_method").is_some_and(|method| CODE_CHALLENGE_METHODS.contains(&method)) {
            return Err(invalid("PKCE is required: code_challenge_method must be S256."));
        }
        let code_challenge = parameters
            .get("code_challenge")
            .and_then(|challenge| challenge.parse().ok())
            .ok_or(invalid("PKCE is required: code_challenge must be the base64url SHA-256 of the verifier."))?;
        resource::validate(parameters, public_url)?;
        let scopes = client.requested_scopes(parameters.get("scope"));
        let prompts: Vec<_> = parameters.get("prompt").unwrap_or_default().split(' ').collect();
        let prompt = match prompts.as_slice() {
            ["none"] => Prompt::Nothing,
            several if several.contains(&"none") => return Err(invalid("prompt=none goes with no other value.")),
            several if several.contains(&"login") => Prompt::Login,
            _ => Prompt::AsNeeded,
        };
        let max_age = match parameters.get("max_age").map(str::parse::<u32>) {
            None => None,
            Some(Ok(seconds)) => Some(SignedDuration::from_secs(seconds.into())),
            Some(Err(_)) => return Err(invalid("max_age is not a number of seconds.")),
        };
        let login_hint = parameters.get("login_hint").filter(|hint| hint.len() <= 254).map(Into::into);
        Ok(Self { code_challenge, scopes, prompt, max_age, login_hint })
    }

    /// `true` if a sign-in at `authenticated_at` is recent enough.
    pub fn accepts_sign_in(&self, authenticated_at: Timestamp, now: Timestamp) -> bool {
        self.prompt != Prompt::Login
            && self.max_age.is_none_or(|max_age| now.duration_since(authenticated_at) <= max_age)
    }
}

#[cfg(test)]
mod tests;
