//! The session cookie, and the attributes that all cookies of the pages share (AS-15).

use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use jean_auth::{public_url::PublicUrl, session};

/// Returns the signed session of this browser. The caller verifies it.
pub fn read<'a>(public_url: &PublicUrl, cookies: &'a CookieJar) -> Option<&'a str> {
    cookies.get(&public_url.cookie_name(session::COOKIE)).map(Cookie::value)
}

/// The cookie that carries a signed session.
pub fn set(public_url: &PublicUrl, signed: String) -> Cookie<'static> {
    cookie(public_url, session::COOKIE, signed, session::lifetime(public_url).as_secs())
}

/// A cookie that clears the session.
pub fn clear(public_url: &PublicUrl) -> Cookie<'static> {
    cookie(public_url, session::COOKIE, String::new(), 0)
}

/// A cookie that scripts and other sites cannot read, with a lifetime in seconds; 0 deletes it.
pub fn cookie(public_url: &PublicUrl, base_name: &str, value: String, seconds: i64) -> Cookie<'static> {
    let mut cookie = Cookie::new(public_url.cookie_name(base_name), value);
    cookie.set_path("/");
    cookie.set_http_only(true);
    cookie.set_secure(public_url.is_https());
    cookie.set_same_site(SameSite::Lax);
    cookie.set_max_age(time::Duration::seconds(seconds));
    cookie
}
