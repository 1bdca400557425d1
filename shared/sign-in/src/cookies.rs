//! The cookies of the sign-in pages: the browser id and its accounts, and page bindings (AS-15).

use std::{collections::BTreeSet, ops::Deref};

use axum_extra::extract::{CookieJar, cookie::Cookie};
use jean_auth::{
    known_accounts::KnownAccounts,
    secret::BrowserSecret,
    session::{Form, form_token, is_form_token},
    user::AttemptedAddress,
};
use jean_pages::{SameOriginForm, session_cookie};
use jean_runtime::{Context, RootKeys};

use crate::SignIns;

const PAGE: &str = "jean_page";
const BROWSER: &str = "jean_browser";
/// Lifetime of the browser id, in seconds: the longest that browsers store a cookie (RFC 6265bis §5.5).
const BROWSER_SECONDS: i64 = 400 * 24 * 3600;
const ACCOUNTS: &str = "jean_accounts";
/// Lifetime of a page binding, in seconds. After that, the form is rejected: people leave a page open for days.
const PAGE_SECONDS: i64 = 7 * 24 * 3600;
/// Maximum number of page bindings per browser. A browser with more cookies than fit into the headers of a request would
/// be locked out.
const PAGES: usize = 16;

/// Returns the browser's id, or a new one.
pub fn browser_secret<A: Deref<Target = SignIns>>(app: &Context<A, RootKeys>, cookies: &CookieJar) -> BrowserSecret {
    let known = cookies.get(&app.public_url().cookie_name(BROWSER)).and_then(|cookie| cookie.value().parse().ok());
    known.unwrap_or_else(|| BrowserSecret::new(app.random.bytes()))
}

/// The cookie that carries the browser's id.
pub fn browser<A: Deref<Target = SignIns>>(app: &Context<A, RootKeys>, secret: &BrowserSecret) -> Cookie<'static> {
    cookie(app, BROWSER, secret.expose().to_string(), BROWSER_SECONDS)
}

/// The browser's id, if it has signed in to the account of `address` before.
pub fn known_browser<A: Deref<Target = SignIns>>(
    app: &Context<A, RootKeys>,
    cookies: &CookieJar,
    address: &AttemptedAddress,
) -> Option<BrowserSecret> {
    let browser = cookies.get(&app.public_url().cookie_name(BROWSER))?.value().parse().ok()?;
    signed_in_before(app, cookies).contains(address, &browser, &app.root_keys()).then_some(browser)
}

/// The cookie that adds the account of `address` to those that the browser has signed in to.
pub fn known_accounts<A: Deref<Target = SignIns>>(
    app: &Context<A, RootKeys>,
    cookies: &CookieJar,
    browser: &BrowserSecret,
    address: &AttemptedAddress,
) -> Cookie<'static> {
    let accounts = signed_in_before(app, cookies).with(address, browser, &app.root_keys());
    cookie(app, ACCOUNTS, accounts, BROWSER_SECONDS)
}

fn signed_in_before<A: Deref<Target = SignIns>>(app: &Context<A, RootKeys>, cookies: &CookieJar) -> KnownAccounts {
    let cookie = cookies.get(&app.public_url().cookie_name(ACCOUNTS));
    cookie.map(|cookie| KnownAccounts::read(cookie.value())).unwrap_or_default()
}

/// A new page to sign in or up. One cookie binds its forms to this browser. Pages that are open at the same time have
/// separate cookies, so each form remains valid (AS-15).
pub struct BoundPage {
    id: String,
    secret: BrowserSecret,
}

/// The hidden fields that bind a form to its page and request.
pub struct Binding {
    /// The value of the hidden field `page`.
    pub page: String,
    /// The value of the hidden field `token`.
    pub token: String,
}

impl BoundPage {
    /// The hidden fields of a form of this page.
    pub fn form<A: Deref<Target = SignIns>>(&self, app: &Context<A, RootKeys>, form: Form, request: &str) -> Binding {
        let token = form_token(form, &self.secret.expose(), request, &app.root_keys());
        Binding { page: self.id.clone(), token }
    }
}

/// Binds a new page to this browser.
pub fn bind<A: Deref<Target = SignIns>>(app: &Context<A, RootKeys>, cookies: CookieJar) -> (CookieJar, BoundPage) {
    // Begins with the time, so that the names of the cookies sort by age.
    let id = format!("{:08x}{}", app.now().as_second(), app.random.id());
    let secret = BrowserSecret::new(app.random.bytes());
    let bound = cookie(app, &format!("{PAGE}_{id}"), secret.expose().to_string(), PAGE_SECONDS);
    (without_oldest_pages(app, cookies).add(bound), BoundPage { id, secret })
}

/// Removes the oldest page bindings to make room for one more.
fn without_oldest_pages<A: Deref<Target = SignIns>>(app: &Context<A, RootKeys>, cookies: CookieJar) -> CookieJar {
    let prefix = app.public_url().cookie_name(PAGE);
    let pages: BTreeSet<_> =
        cookies.iter().map(Cookie::name).filter(|name| name.starts_with(&prefix)).map(String::from).collect();
    let surplus = (pages.len() + 1).saturating_sub(PAGES);
    pages.into_iter().take(surplus).fold(cookies, |cookies, page| {
        let mut expired = cookie(app, PAGE, String::new(), 0);
        expired.set_name(page);
        cookies.add(expired)
    })
}

/// `true` if the form was sent by the browser its page was bound to, for the same request.
pub fn is_bound<A: Deref<Target = SignIns>>(
    app: &Context<A, RootKeys>,
    cookies: &CookieJar,
    form: Form,
    request: &str,
    submitted: &SameOriginForm,
) -> bool {
    let Some(secret) = cookies.get(&app.public_url().cookie_name(&format!("{PAGE}_{}", submitted.field("page"))))
    else {
        return false;
    };
    is_form_token(submitted.field("token"), form, secret.value(), request, &app.root_keys())
}

fn cookie<A>(app: &Context<A, RootKeys>, base_name: &str, value: String, seconds: i64) -> Cookie<'static> {
    session_cookie::cookie(app.public_url(), base_name, value, seconds)
}
