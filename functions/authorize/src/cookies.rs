//! The cookies of the sign-in pages: the browser id and its accounts, failed sign-ins and page bindings (AS-15).

use axum_extra::extract::{CookieJar, cookie::Cookie};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jean_auth::{
    known_accounts::KnownAccounts,
    secret::BrowserSecret,
    session::{Form, form_token, is_form_token},
    user::Email,
};
use jean_pages::{SameOriginForm, session_cookie};

use crate::app::App;

const PAGE: &str = "jean_page";
const BROWSER: &str = "jean_browser";
/// Lifetime of the browser id, in seconds: the longest that browsers store a cookie (RFC 6265bis §5.5).
const BROWSER_SECONDS: i64 = 400 * 24 * 3600;
const ACCOUNTS: &str = "jean_accounts";
const FAILED: &str = "jean_refused";
/// Lifetime of the cookie that carries a sign-in error to the next page, in seconds.
const FAILED_SECONDS: i64 = 60;
/// Lifetime of a page binding, in seconds. After that, the form is rejected.
const PAGE_SECONDS: i64 = 3600;
/// Maximum number of page bindings per browser. A browser with more cookies than fit into the headers of a request would
/// be locked out.
const PAGES: usize = 16;

/// Returns the browser's id, or a new one.
pub(crate) fn browser_secret(app: &App, cookies: &CookieJar) -> BrowserSecret {
    let known = cookies.get(&app.public_url().cookie_name(BROWSER)).and_then(|cookie| cookie.value().parse().ok());
    known.unwrap_or_else(|| BrowserSecret::new(app.random.bytes()))
}

/// The cookie that carries the browser's id.
pub(crate) fn browser(app: &App, secret: &BrowserSecret) -> Cookie<'static> {
    cookie(app, BROWSER, secret.expose().to_string(), BROWSER_SECONDS)
}

/// The browser's id, if it has signed in to `account` before: an email address in lower case.
pub(crate) fn known_browser(app: &App, cookies: &CookieJar, account: &str) -> Option<BrowserSecret> {
    let browser = cookies.get(&app.public_url().cookie_name(BROWSER))?.value().parse().ok()?;
    signed_in_before(app, cookies).contains(account, &browser, &app.root_keys()).then_some(browser)
}

/// The cookie that adds `account` to those that the browser has signed in to.
pub(crate) fn known_accounts(
    app: &App,
    cookies: &CookieJar,
    browser: &BrowserSecret,
    account: &str,
) -> Cookie<'static> {
    let accounts = signed_in_before(app, cookies).with(account, browser, &app.root_keys());
    cookie(app, ACCOUNTS, accounts, BROWSER_SECONDS)
}

fn signed_in_before(app: &App, cookies: &CookieJar) -> KnownAccounts {
    let cookie = cookies.get(&app.public_url().cookie_name(ACCOUNTS));
    cookie.map(|cookie| KnownAccounts::read(cookie.value())).unwrap_or_default()
}

/// A failed sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FailedSignIn {
    /// The email address is filled in again.
    Password {
        email: String,
    },
    Passkey,
}

/// A cookie that tells the sign-in page about a failed attempt. Email addresses are base64url, which has no full stop.
pub(crate) fn failed_sign_in(app: &App, failed: &FailedSignIn) -> Cookie<'static> {
    let value = match failed {
        // A longer text is no address, and browsers drop long cookies.
        FailedSignIn::Password { email } if email.len() > Email::MAX_BYTES => String::new(),
        FailedSignIn::Password { email } => URL_SAFE_NO_PAD.encode(email),
        FailedSignIn::Passkey => PASSKEY_FAILED.into(),
    };
    cookie(app, FAILED, value, FAILED_SECONDS)
}

const PASSKEY_FAILED: &str = ".";

/// Reads and clears the cookie of a failed sign-in.
pub(crate) fn take_failed_sign_in(app: &App, cookies: CookieJar) -> (CookieJar, Option<FailedSignIn>) {
    let Some(cookie_value) = cookies.get(&app.public_url().cookie_name(FAILED)) else { return (cookies, None) };
    let failed = match cookie_value.value() {
        PASSKEY_FAILED => Some(FailedSignIn::Passkey),
        value => {
            let email = URL_SAFE_NO_PAD.decode(value).ok().and_then(|email| String::from_utf8(email).ok());
            email.map(|email| FailedSignIn::Password { email })
        }
    };
    (cookies.add(cookie(app, FAILED, String::new(), 0)), failed)
}

/// Binds a form of a user who is not signed in to the browser: two hidden fields, and one cookie per page. Pages that are
/// open at the same time have separate cookies, so each form remains valid (AS-15).
pub(crate) struct Binding {
    pub(crate) page: String,
    pub(crate) token: String,
}

/// Binds a new page to this browser.
pub(crate) fn bind(app: &App, cookies: CookieJar, form: Form, request: &str) -> (CookieJar, Binding) {
    let page = app.random.id();
    let secret = BrowserSecret::new(app.random.bytes()).expose();
    let token = form_token(form, &secret, request, &app.root_keys());
    let bound = cookie(app, &format!("{PAGE}_{page}"), secret.to_string(), PAGE_SECONDS);
    (without_oldest_pages(app, cookies).add(bound), Binding { page, token })
}

/// Removes the oldest page bindings to make room for one more. Browsers send the oldest cookie first (RFC 6265 §5.4).
fn without_oldest_pages(app: &App, cookies: CookieJar) -> CookieJar {
    let prefix = app.public_url().cookie_name(PAGE);
    let pages: Vec<_> =
        cookies.iter().map(Cookie::name).filter(|name| name.starts_with(&prefix)).map(String::from).collect();
    let surplus = (pages.len() + 1).saturating_sub(PAGES);
    pages.into_iter().take(surplus).fold(cookies, |cookies, page| {
        let mut expired = cookie(app, PAGE, String::new(), 0);
        expired.set_name(page);
        cookies.add(expired)
    })
}

/// `true` if the form was sent by the browser its page was bound to, for the same request.
pub(crate) fn is_bound(app: &App, cookies: &CookieJar, form: Form, request: &str, submitted: &SameOriginForm) -> bool {
    let Some(secret) = cookies.get(&app.public_url().cookie_name(&format!("{PAGE}_{}", submitted.field("page"))))
    else {
        return false;
    };
    is_form_token(submitted.field("token"), form, secret.value(), request, &app.root_keys())
}

fn cookie(app: &App, base_name: &str, value: String, seconds: i64) -> Cookie<'static> {
    session_cookie::cookie(app.public_url(), base_name, value, seconds)
}
