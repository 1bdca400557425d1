//! Cookies: who is signed in, and which browser a page was made for (AS-15).

use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jean_auth::{
    secret::BrowserSecret,
    session::{self, Form, Session, form_token, is_form_token},
};
use jean_pages::SameOriginForm;

use crate::app::App;

const PAGE: &str = "jean_page";
const BROWSER: &str = "jean_browser";
/// How long a browser is known that nobody signs in from: as long as it keeps any cookie (RFC 6265bis §5.5).
const BROWSER_SECONDS: i64 = 400 * 24 * 3600;
const REFUSED: &str = "jean_refused";
/// How long a failed try is remembered, in seconds: until the page that tells of it is there.
const REFUSED_SECONDS: i64 = 60;
/// How long a page stays usable, in seconds. Afterwards it shows itself again.
const PAGE_SECONDS: i64 = 3600;
/// How many pages of one browser are bound at once. More cookies than fit in a request's headers would lock it out.
const PAGES: usize = 16;

/// The sign-in the browser shows, if it is signed by us and not over.
pub(crate) async fn session(app: &App, cookies: &CookieJar) -> Option<Session> {
    let cookie = cookies.get(&app.public_url.cookie_name(session::COOKIE))?;
    app.verify_session(cookie.value()).await.ok()
}

/// The cookie of a sign-in.
pub(crate) fn of_session(app: &App, session: &Session) -> Cookie<'static> {
    cookie(app, session::COOKIE, session.sign(app.keys()), session::LIFETIME.as_secs())
}

/// What takes the sign-in out of the browser.
pub(crate) fn without_session(app: &App) -> Cookie<'static> {
    cookie(app, session::COOKIE, String::new(), 0)
}

/// What this browser is known by: as before, or from now on.
pub(crate) fn browser(app: &App, cookies: &CookieJar) -> BrowserSecret {
    let known = cookies.get(&app.public_url.cookie_name(BROWSER)).and_then(|cookie| cookie.value().parse().ok());
    known.unwrap_or_else(|| BrowserSecret::new(app.random.bytes()))
}

/// The cookie this browser is known by.
pub(crate) fn of_browser(app: &App, secret: &BrowserSecret) -> Cookie<'static> {
    cookie(app, BROWSER, secret.expose().to_string(), BROWSER_SECONDS)
}

/// A try to sign in that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// With this address, which is filled in again.
    Password { email: String },
    /// With a passkey.
    Passkey,
}

/// What tells the sign-in page that the last try failed. No address in base64url has a full stop.
pub(crate) fn of_refused(app: &App, refused: &Refused) -> Cookie<'static> {
    let value = match refused {
        Refused::Password { email } => URL_SAFE_NO_PAD.encode(email),
        Refused::Passkey => PASSKEY_REFUSED.into(),
    };
    cookie(app, REFUSED, value, REFUSED_SECONDS)
}

const PASSKEY_REFUSED: &str = ".";

/// A try that failed, told once.
pub(crate) fn take_refused(app: &App, cookies: CookieJar) -> (CookieJar, Option<Refused>) {
    let Some(refused) = cookies.get(&app.public_url.cookie_name(REFUSED)) else { return (cookies, None) };
    let refused = match refused.value() {
        PASSKEY_REFUSED => Some(Refused::Passkey),
        value => {
            let email = URL_SAFE_NO_PAD.decode(value).ok().and_then(|email| String::from_utf8(email).ok());
            email.map(|email| Refused::Password { email })
        }
    };
    (cookies.add(cookie(app, REFUSED, String::new(), 0)), refused)
}

/// What binds a form that anybody may load to the browser it was loaded in: two hidden fields, and a cookie of the
/// page's own. A page that is loaded twice has two, and each form finds its own, whichever was loaded last (AS-15).
pub(crate) struct Binding {
    pub(crate) page: String,
    pub(crate) token: String,
}

/// Binds a new page to the browser that is loading it.
pub(crate) fn bind(app: &App, cookies: CookieJar, form: Form, request: &str) -> (CookieJar, Binding) {
    let page = app.random.id();
    let secret = BrowserSecret::new(app.random.bytes()).expose();
    let token = form_token(form, &secret, request, app.keys());
    let bound = cookie(app, &format!("{PAGE}_{page}"), secret.to_string(), PAGE_SECONDS);
    (without_oldest_pages(app, cookies).add(bound), Binding { page, token })
}

/// Makes room for one more page. Browsers send the oldest cookie first (RFC 6265 §5.4).
fn without_oldest_pages(app: &App, cookies: CookieJar) -> CookieJar {
    let prefix = app.public_url.cookie_name(PAGE);
    let pages: Vec<_> =
        cookies.iter().map(Cookie::name).filter(|name| name.starts_with(&prefix)).map(String::from).collect();
    let surplus = (pages.len() + 1).saturating_sub(PAGES);
    pages.into_iter().take(surplus).fold(cookies, |cookies, page| {
        let mut over = cookie(app, PAGE, String::new(), 0);
        over.set_name(page);
        cookies.add(over)
    })
}

/// Whether a form came back from the browser its page was bound to, unchanged.
pub(crate) fn is_bound(app: &App, cookies: &CookieJar, form: Form, request: &str, sent: &SameOriginForm) -> bool {
    let Some(secret) = cookies.get(&app.public_url.cookie_name(&format!("{PAGE}_{}", sent.field("page")))) else {
        return false;
    };
    is_form_token(sent.field("token"), form, secret.value(), request, app.keys())
}

fn cookie(app: &App, base: &str, value: String, seconds: i64) -> Cookie<'static> {
    let mut cookie = Cookie::new(app.public_url.cookie_name(base), value);
    cookie.set_path("/");
    cookie.set_http_only(true);
    cookie.set_secure(app.public_url.is_https());
    cookie.set_same_site(SameSite::Lax);
    cookie.set_max_age(time::Duration::seconds(seconds));
    cookie
}
