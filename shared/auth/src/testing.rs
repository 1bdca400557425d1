//! One value of each record, for the tests of this crate to vary.

use jiff::{SignedDuration, Timestamp};

use crate::{
    client::{AuthenticatedClient, AuthenticationMethod, Client},
    code::IssuedCode,
    grant::Lifetimes,
    pkce::CodeVerifier,
    scope::Scopes,
};

/// A public client with this id.
pub(crate) fn client(id: &str) -> Client {
    Client {
        client_id: id.parse().expect("valid"),
        short_name: "claude".parse().expect("valid"),
        client_name: "Claude".into(),
        redirect_uris: vec!["https://claude.ai/cb".parse().expect("valid")],
        token_endpoint_auth_method: AuthenticationMethod::None,
        client_secret: None,
        must_ask_to_stay: false,
        created_at: Timestamp::UNIX_EPOCH,
        expires_at: Timestamp::UNIX_EPOCH,
    }
}

pub(crate) fn authenticated_client(id: &str) -> AuthenticatedClient {
    client(id).authenticate(None).expect("a public client")
}

/// The verifier of RFC 7636 appendix B. Its challenge is that of [`issued_code`].
pub(crate) fn code_verifier() -> CodeVerifier {
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".parse().expect("valid")
}

pub(crate) fn issued_code() -> IssuedCode {
    IssuedCode {
        client_id: "claude_abc123".parse().expect("valid"),
        client: "claude".parse().expect("valid"),
        redirect_uri: "https://claude.ai/cb".parse().expect("valid"),
        code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".parse().expect("valid"),
        user_id: "ada".parse().expect("valid"),
        email: "ada@example.org".parse().expect("valid"),
        scope: Scopes::all(),
        expires_at: Timestamp::from_second(60).expect("in range"),
        redeemed_for: None,
    }
}

pub(crate) fn lifetimes() -> Lifetimes {
    let days = |days: i64| SignedDuration::from_hours(days * 24);
    let grace = SignedDuration::from_secs(60);
    Lifetimes { access_token: SignedDuration::from_hours(1), sliding: days(90), absolute: days(365), grace }
}
