//! The cookie that carries a sign-in error to the next page.

use axum_extra::extract::{CookieJar, cookie::Cookie};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jean_auth::user::Email;
use jean_pages::session_cookie;

use crate::app::App;

const FAILED: &str = "jean_refused";
/// Lifetime of the cookie, in seconds.
const FAILED_SECONDS: i64 = 60;

/// A failed sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FailedSignIn {
    /// The email address is filled in again.
    Password {
        email: String,
    },
    Passkey,
}

const PASSKEY_FAILED: &str = ".";

impl FailedSignIn {
    /// A cookie that tells the sign-in page about the failed attempt. Email addresses are base64url, which has no full stop.
    pub(crate) fn cookie(&self, app: &App) -> Cookie<'static> {
        let value = match self {
            // A longer text is no address, and browsers drop long cookies.
            Self::Password { email } if email.len() > Email::MAX_BYTES => String::new(),
            Self::Password { email } => URL_SAFE_NO_PAD.encode(email),
            Self::Passkey => PASSKEY_FAILED.into(),
        };
        session_cookie::cookie(app.public_url(), FAILED, value, FAILED_SECONDS)
    }

    /// Reads and clears the cookie of a failed sign-in.
    pub(crate) fn take(app: &App, cookies: CookieJar) -> (CookieJar, Option<Self>) {
        let Some(cookie) = cookies.get(&app.public_url().cookie_name(FAILED)) else { return (cookies, None) };
        let failed = match cookie.value() {
            PASSKEY_FAILED => Some(Self::Passkey),
            value => {
                let email = URL_SAFE_NO_PAD.decode(value).ok().and_then(|email| String::from_utf8(email).ok());
                email.map(|email| Self::Password { email })
            }
        };
        (cookies.add(session_cookie::cookie(app.public_url(), FAILED, String::new(), 0)), failed)
    }
}
