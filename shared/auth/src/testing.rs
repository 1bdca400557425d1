//! One value of each record, for the tests of this crate to vary.

use jiff::{SignedDuration, Timestamp};

use crate::{code::IssuedCode, grant::Lifetimes, pkce::CodeVerifier, scope::Scopes};

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
