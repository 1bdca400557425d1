//! Browser sessions and form tokens.
//!
//! A [`Session`] is a signed cookie; [`form_token`] protects forms against cross-site request forgery. Access tokens for
//! the MCP endpoint are in [`access_token`](crate::access_token).

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp, tz::Offset};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

pub use crate::jwt::InvalidToken;
use crate::{
    jwt::{self, TimedClaims},
    keys::{Purpose, RootKeyring, RootSecret, VersionedSecret},
    public_url::PublicUrl,
    text::text_type,
    user::{CredentialEpoch, UserId},
};

/// Lifetime of a session over TLS.
const LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Lifetime of a session over plain HTTP, whose cookie every program that listens on the same host can receive (SR-19).
const PLAIN_LIFETIME: SignedDuration = SignedDuration::from_hours(24);
/// Maximum age of the last authentication for changes to credentials and for deletion of the account.
pub const RECENT: SignedDuration = SignedDuration::from_mins(15);
/// Base name of the session cookie; see [`PublicUrl::cookie_name`](crate::public_url::PublicUrl::cookie_name).
pub const COOKIE: &str = "jean_session";
/// The `typ` header. A session could otherwise be accepted as an access token or vice versa; their keys differ too.
const TYPE: &str = "session+jwt";

text_type! {
    /// The id of a session: 1 to 64 letters, digits, `-` or `_`, e.g. `3q2-7w`.
    SessionId, "session id must be 1 to 64 letters, digits, '-' or '_'", |text| {
        (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    }
}

/// The lifetime of sessions at a public URL.
pub fn lifetime(public_url: &PublicUrl) -> SignedDuration {
    if public_url.is_https() { LIFETIME } else { PLAIN_LIFETIME }
}

/// `true` if a use at `now` has to be recorded: the last recorded one was on another day (UTC). A busy session thus costs one
/// write a day, and the recorded day is exact.
pub fn is_use_due(recorded: Timestamp, now: Timestamp) -> bool {
    let day = |time: Timestamp| Offset::UTC.to_datetime(time).date();
    day(recorded) != day(now)
}

/// The claims of a session cookie: a JWT, e.g. `eyJ0eXAiOi…`. Sessions are also stored, so that they can be revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The signed-in user.
    pub sub: UserId,
    /// The session id.
    pub sid: SessionId,
    /// The generation of the credentials that authenticated the user.
    #[serde(default)]
    pub epoch: CredentialEpoch,
    /// `true` if the last authentication was with a passkey.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub passkey: bool,
    /// `true` if an identity provider may have answered by itself, for a user who was signed in there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub silent: bool,
    /// The time of the last authentication in epoch seconds (OpenID Connect Core §2).
    pub auth_time: i64,
    /// The time of expiry in epoch seconds.
    pub exp: i64,
}

impl Session {
    /// Creates a session, authenticated now, with a [`lifetime`] of the server.
    pub fn begin(
        sub: UserId,
        epoch: CredentialEpoch,
        sid: SessionId,
        lifetime: SignedDuration,
        now: Timestamp,
    ) -> Self {
        Self {
            sub,
            sid,
            epoch,
            passkey: false,
            silent: false,
            auth_time: now.as_second(),
            exp: (now + lifetime).as_second(),
        }
    }

    /// The session, authenticated with a passkey if `passkey` is true.
    #[must_use]
    pub fn with_passkey(self, passkey: bool) -> Self {
        Self { passkey, ..self }
    }

    /// The time of the last authentication.
    pub fn authenticated_at(&self) -> Timestamp {
        Timestamp::from_second(self.auth_time).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// `true` if the sign-in is recent ([`RECENT`]), even if an identity provider answered by itself.
    pub fn has_begun_recently(&self, now: Timestamp) -> bool {
        now.duration_since(self.authenticated_at()) < RECENT
    }

    /// `true` if the user authenticated recently ([`RECENT`]). Another user of an unattended browser could otherwise take
    /// over the account.
    pub fn is_recent(&self, now: Timestamp) -> bool {
        !self.silent && self.has_begun_recently(now)
    }

    /// Returns the signed value of the cookie.
    pub fn sign(&self, keys: &RootKeyring) -> String {
        let secret = keys.primary();
        jwt::sign(self, jwt::JwtKey::Shared(secret.derive(Purpose::Session).as_slice()), secret.kid(), TYPE)
    }

    /// Verifies the value of a cookie.
    ///
    /// # Errors
    /// [`InvalidToken`] if the cookie is malformed, forged or expired.
    pub fn verify(cookie: &str, keys: &RootKeyring, now: Timestamp) -> Result<Self, InvalidToken> {
        let secret = keys.named(&jwt::unverified_kid(cookie)?).ok_or(InvalidToken::UnknownKid)?;
        jwt::verify(cookie, jwt::JwtKey::Shared(secret.derive(Purpose::Session).as_slice()), TYPE, now)
    }
}

impl TimedClaims for Session {
    fn not_before(&self) -> i64 {
        self.auth_time
    }

    fn expires(&self) -> i64 {
        self.exp
    }
}

/// The purpose of a form. A token is valid for one purpose only.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// Sign in.
    SignIn,
    /// Approve or deny.
    Consent,
    /// Sign out, or use another account.
    SignOut,
    /// Set a password with a one-time link.
    Password,
    /// Change the account. The path of the form determines the change.
    Account,
    /// Sign in with a passkey or add one. Binds the state of the ceremony.
    Passkey,
    /// Sign up, where the operator allows it.
    SignUp,
    /// Go to an identity provider.
    Federate,
}

impl Form {
    /// The byte that identifies the form in the MAC. Pages loaded before a deployment carry tokens with it, so values are
    /// never changed or reused.
    const fn tag(self) -> u8 {
        match self {
            Self::SignIn => 0,
            Self::Consent => 1,
            Self::SignOut => 2,
            Self::Password => 3,
            Self::Account => 4,
            Self::Passkey => 5,
            Self::SignUp => 6,
            Self::Federate => 7,
        }
    }
}

/// Returns the token of a form: base64url of HMAC-SHA-256, 43 characters, e.g. `3q2-7w…`. A malicious site could otherwise
/// submit the form, so the token binds it to the browser and to the request (T-11, T-16). Every load of the page has the
/// same token, so copies in several tabs all stay valid (AS-15).
pub fn form_token(form: Form, browser: &str, request: &str, keys: &RootKeyring) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(form_mac(form, browser, request, keys.primary()).finalize().into_bytes())
}

/// Returns `true` if [`form_token`] returned `token` under any version of the root secret.
pub fn is_form_token(token: &str, form: Form, browser: &str, request: &str, keys: &RootKeyring) -> bool {
    let Ok(tag) = crate::secret::decode::<32>(token) else { return false };
    keys.all().any(|secret| form_mac(form, browser, request, secret).verify_slice(&tag).is_ok())
}

fn form_mac(form: Form, browser: &str, request: &str, secret: &RootSecret) -> Hmac<Sha256> {
    let mac =
        Hmac::<Sha256>::new_from_slice(secret.derive(Purpose::Form).as_slice()).expect("HMAC takes a key of any size");
    // The length prefix distinguishes ("ab", "c") from ("a", "bc").
    let length = (browser.len() as u64).to_be_bytes();
    mac.chain_update([form.tag()]).chain_update(length).chain_update(browser).chain_update(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::test_secret;

    fn secret(byte: u8) -> RootSecret {
        test_secret(byte, None)
    }

    fn keys() -> RootKeyring {
        RootKeyring::new(secret(1), None)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn session() -> Session {
        Session::begin(
            "ada".parse().expect("valid"),
            CredentialEpoch::default(),
            "s1".parse().expect("valid"),
            LIFETIME,
            at(1000),
        )
    }

    /// SR-19
    #[test]
    fn session_lasts_thirty_days_over_tls_and_a_day_without() {
        for (public_url, days) in [("https://memory.example", 30), ("http://localhost:3000", 1)] {
            let public_url = public_url.parse().expect("valid");
            assert_eq!(lifetime(&public_url), SignedDuration::from_hours(days * 24), "{public_url:?}");
        }
    }

    #[test]
    fn session_is_recent_for_15_minutes() {
        let session = Session::begin(
            "ada".parse().expect("valid"),
            CredentialEpoch::default(),
            "s".parse().expect("valid"),
            LIFETIME,
            at(1_000_000),
        );
        assert_eq!(session.authenticated_at(), at(1_000_000));
        assert_eq!(session.exp, 1_000_000 + 30 * 24 * 3600);
        for (second, is_recent) in [(0, true), (15 * 60 - 1, true), (15 * 60, false), (3600, false)] {
            assert_eq!(session.is_recent(at(1_000_000 + second)), is_recent, "{second}");
        }
    }

    /// SR-04
    #[test]
    fn session_without_an_epoch_has_the_first_one() {
        let claims = r#"{"sub":"ada","sid":"s1","auth_time":1000,"exp":2000}"#;
        let session: Session = serde_json::from_str(claims).expect("a session of an earlier version");
        assert!(session.epoch.is_first() && !session.epoch.next().is_first());
    }

    /// AS-22
    #[test]
    fn session_survives_rotation_of_the_root_secret() {
        let rotated = RootKeyring::new(secret(2), Some(secret(1)));
        assert_eq!(Session::verify(&session().sign(&keys()), &rotated, at(1000)), Ok(session()));
    }

    #[test]
    fn use_is_recorded_once_a_day_of_utc() {
        let day = 24 * 60 * 60;
        for (recorded, now, due) in [
            (day, day, false),
            (day, 2 * day - 1, false),
            (2 * day - 1, 2 * day, true),
            (day, 9 * day, true),
            (2 * day, 2 * day - 1, true),
        ] {
            assert_eq!(is_use_due(at(recorded), at(now)), due, "{recorded} {now}");
        }
    }

    #[test]
    fn session_expires() {
        let cookie = session().sign(&keys());
        assert_eq!(Session::verify(&cookie, &keys(), at(session().exp)), Err(InvalidToken::Expired));
    }

    #[test]
    fn tampered_cookie_is_forged() {
        let cookie = session().sign(&keys());
        let (signed, tag) = cookie.rsplit_once('.').expect("three parts");
        let flipped = if tag.starts_with('A') { "B" } else { "A" };
        let forged = format!("{signed}.{flipped}{}", &tag[1..]);
        assert_eq!(Session::verify(&forged, &keys(), at(1000)), Err(InvalidToken::Forged));
    }

    /// T-11
    #[test]
    fn form_token_is_bound_to_form_browser_and_request() {
        let token = form_token(Form::Consent, "browser", "client_id=a", &keys());
        let rotated = RootKeyring::new(secret(2), Some(secret(1)));
        assert!(is_form_token(&token, Form::Consent, "browser", "client_id=a", &rotated));
        assert!(!is_form_token(&token, Form::SignIn, "browser", "client_id=a", &keys()));
        assert!(!is_form_token(&token, Form::Consent, "other", "client_id=a", &keys()));
        assert!(!is_form_token(&token, Form::Consent, "browser", "client_id=b", &keys()));
        assert!(!is_form_token(&token, Form::Consent, "browserc", "lient_id=a", &keys()));
        assert!(!is_form_token("", Form::Consent, "browser", "client_id=a", &keys()));
    }
}
