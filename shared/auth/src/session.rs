//! Who is signed in in a browser, and what binds a form to it.

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

pub use crate::jwt::InvalidToken;
use crate::{
    jwt,
    keys::{Keyring, Purpose},
    text::text_type,
    user::UserId,
};

/// How long a sign-in lasts.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long after it what opens or ends an account may be changed without another.
pub const RECENT: SignedDuration = SignedDuration::from_mins(15);
/// What the cookie that holds it is called, before [`PublicUrl::cookie_name`](crate::public_url::PublicUrl::cookie_name).
pub const COOKIE: &str = "jean_session";
/// Never accepted as an access token, nor the other way round: the keys differ too.
const TYPE: &str = "session+jwt";

text_type! {
    /// Names one sign-in in one browser.
    SessionId, "a session id has 1 to 64 letters, digits, '-' or '_'", |text| {
        (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    }
}

/// A sign-in. The cookie holds it signed; the store holds it too, so that it can be ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who signed in.
    pub sub: UserId,
    /// This sign-in.
    pub sid: SessionId,
    /// When they last proved who they are, in epoch seconds (OpenID Connect Core §2).
    pub auth_time: i64,
    /// When it ends, in epoch seconds.
    pub exp: i64,
}

impl Session {
    /// A sign-in of now.
    pub fn begin(sub: UserId, sid: SessionId, now: Timestamp) -> Self {
        Self { sub, sid, auth_time: now.as_second(), exp: (now + LIFETIME).as_second() }
    }

    /// When the person last proved who they are.
    pub fn authenticated_at(&self) -> Timestamp {
        Timestamp::from_second(self.auth_time).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Whether that is so short ago that it is not a browser somebody left open.
    pub fn is_recent(&self, now: Timestamp) -> bool {
        now.duration_since(self.authenticated_at()) < RECENT
    }

    /// The cookie's value.
    pub fn sign(&self, keys: &Keyring) -> String {
        let secret = keys.primary();
        jwt::sign(self, secret.derive(Purpose::Session).as_slice(), secret.kid(), TYPE)
    }

    /// Reads a cookie's value.
    ///
    /// # Errors
    /// [`InvalidToken`]: nobody is signed in.
    pub fn verify(cookie: &str, keys: &Keyring, now: Timestamp) -> Result<Self, InvalidToken> {
        let secret = keys.named(&jwt::unverified_kid(cookie)?).ok_or(InvalidToken::UnknownKid)?;
        let session: Self = jwt::verify(cookie, secret.derive(Purpose::Session).as_slice(), TYPE)?;
        jwt::in_time(now, session.auth_time, session.exp)?;
        Ok(session)
    }
}

/// What a form is for. A token of one form does for no other.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// Sign in.
    SignIn,
    /// Approve or deny.
    Consent,
    /// Use another account.
    SignOut,
    /// Set a password by a one-time link.
    Password,
    /// Change something of one's account: which, says the path the form goes to.
    Account,
    /// Sign in with a passkey, or make one: seals the state of the ceremony.
    Passkey,
    /// Make an account, where anybody may.
    SignUp,
}

impl Form {
    /// The byte that stands for the form in its MAC. Pages that are open during a deployment carry tokens made with it,
    /// so no value is ever changed or reused.
    const fn tag(self) -> u8 {
        match self {
            Self::SignIn => 0,
            Self::Consent => 1,
            Self::SignOut => 2,
            Self::Password => 3,
            Self::Account => 4,
            Self::Passkey => 5,
            Self::SignUp => 6,
        }
    }
}

/// The hidden field that binds a form to the browser that loaded it and to the request it was made for (T-11, T-16).
/// It is the same however often the page is loaded, so no copy of the page is ever stale (AS-15).
pub fn form_token(form: Form, browser: &str, request: &str, keys: &Keyring) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(form_mac(form, browser, request, keys.primary()).finalize().into_bytes())
}

/// Whether `token` is the one [`form_token`] made, under this or the previous signing secret.
pub fn is_form_token(token: &str, form: Form, browser: &str, request: &str, keys: &Keyring) -> bool {
    let Ok(tag) = crate::secret::decode::<32>(token) else { return false };
    keys.all().any(|secret| form_mac(form, browser, request, secret).verify_slice(&tag).is_ok())
}

fn form_mac(form: Form, browser: &str, request: &str, secret: &crate::keys::SigningSecret) -> Hmac<Sha256> {
    let mac =
        Hmac::<Sha256>::new_from_slice(secret.derive(Purpose::Form).as_slice()).expect("HMAC takes a key of any size");
    // The lengths keep ("ab", "c") and ("a", "bc") apart.
    let length = (browser.len() as u64).to_be_bytes();
    mac.chain_update([form.tag()]).chain_update(length).chain_update(browser).chain_update(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SigningSecret;

    fn secret(byte: u8) -> SigningSecret {
        SigningSecret::new(vec![byte; 32], None).expect("long enough")
    }

    fn keys() -> Keyring {
        Keyring::new(secret(1), None)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn session() -> Session {
        Session::begin("ada".parse().expect("valid"), "s1".parse().expect("valid"), at(1000))
    }

    #[test]
    fn a_sign_in_lasts_thirty_days_and_is_recent_for_a_quarter_of_an_hour() {
        let session = Session::begin("ada".parse().expect("valid"), "s".parse().expect("valid"), at(1_000_000));
        assert_eq!(session.authenticated_at(), at(1_000_000));
        assert_eq!(session.exp, 1_000_000 + 30 * 24 * 3600);
        for (second, is_recent) in [(0, true), (15 * 60 - 1, true), (15 * 60, false), (3600, false)] {
            assert_eq!(session.is_recent(at(1_000_000 + second)), is_recent, "{second}");
        }
    }

    #[test]
    fn a_session_outlives_a_rotation_of_the_signing_secret_as22() {
        let rotated = Keyring::new(secret(2), Some(secret(1)));
        assert_eq!(Session::verify(&session().sign(&keys()), &rotated, at(1000)), Ok(session()));
    }

    #[test]
    fn a_session_ends() {
        let cookie = session().sign(&keys());
        assert_eq!(Session::verify(&cookie, &keys(), at(session().exp)), Err(InvalidToken::Expired));
    }

    #[test]
    fn a_changed_cookie_is_nobody() {
        let cookie = session().sign(&keys());
        let (signed, tag) = cookie.rsplit_once('.').expect("three parts");
        let flipped = if tag.starts_with('A') { "B" } else { "A" };
        let forged = format!("{signed}.{flipped}{}", &tag[1..]);
        assert_eq!(Session::verify(&forged, &keys(), at(1000)), Err(InvalidToken::Forged));
    }

    #[test]
    fn a_form_token_does_for_one_form_one_browser_and_one_request_t11() {
        let token = form_token(Form::Consent, "browser", "client_id=a", &keys());
        let rotated = Keyring::new(secret(2), Some(secret(1)));
        assert!(is_form_token(&token, Form::Consent, "browser", "client_id=a", &rotated));
        assert!(!is_form_token(&token, Form::SignIn, "browser", "client_id=a", &keys()));
        assert!(!is_form_token(&token, Form::Consent, "other", "client_id=a", &keys()));
        assert!(!is_form_token(&token, Form::Consent, "browser", "client_id=b", &keys()));
        assert!(!is_form_token(&token, Form::Consent, "browserc", "lient_id=a", &keys()));
        assert!(!is_form_token("", Form::Consent, "browser", "client_id=a", &keys()));
    }
}
