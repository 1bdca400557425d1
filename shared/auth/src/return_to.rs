//! The page to return to after sign-in.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use crate::parameters::Parameters;

/// The query parameter with the page.
const PARAMETER: &str = "return_to";
/// The first account page.
const OVERVIEW: &str = "/account";
/// The account page that explains how to connect an assistant.
const CONNECT: &str = "/account/connect";
/// The page that shows an authorization request.
const AUTHORIZE: &str = "/oauth/authorize";

/// A path with an optional query: an account page, or the authorization request that the user came from. Never another
/// site: an open redirector would help phishing (RFC 9700 §4.11.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReturnTo(String);

/// The URL is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither an account page nor an authorization request")]
pub struct Elsewhere;

impl ReturnTo {
    /// Reads `return_to` from a query; defaults to `/account` if it is missing or elsewhere.
    pub fn read(query: Option<String>) -> Self {
        let parameters = Parameters::from_page(query.unwrap_or_default().as_bytes());
        parameters.get(PARAMETER).and_then(|path| path.parse().ok()).unwrap_or_default()
    }

    /// The authorization request without the parameters that demand a sign-in, for use once the user has signed in.
    pub fn after_sign_in(request: &Parameters) -> Self {
        Self(format!("{AUTHORIZE}?{}", request.query_without(&["prompt", "max_age"])))
    }

    /// The query that [`Self::read`] reads, e.g. `return_to=%2Faccount`.
    pub fn query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).append_pair(PARAMETER, &self.0).finish()
    }

    /// The page for a user who has just signed up. Connecting an assistant is their next step, unless they were on the way to
    /// another page.
    #[must_use]
    pub fn after_sign_up(self) -> Self {
        if self.0 == OVERVIEW { Self(CONNECT.into()) } else { self }
    }

    /// `true` for the account pages that may require a recent sign-in: all but the first one.
    pub fn is_inner_account_page(&self) -> bool {
        self.0.starts_with("/account/")
    }

    /// The path and query.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ReturnTo {
    fn default() -> Self {
        Self(OVERVIEW.into())
    }
}

impl FromStr for ReturnTo {
    type Err = Elsewhere;

    fn from_str(text: &str) -> Result<Self, Elsewhere> {
        // Resolved as browsers resolve it, against a reserved host name.
        let here = Url::parse("https://here.invalid").expect("valid");
        let url = here.join(text).map_err(|_| Elsewhere)?;
        let is_known = [OVERVIEW, AUTHORIZE].contains(&url.path()) || url.path().starts_with("/account/");
        if url.origin() != here.origin() || !is_known {
            return Err(Elsewhere);
        }
        Ok(Self(url[url::Position::BeforePath..url::Position::AfterQuery].into()))
    }
}

impl TryFrom<String> for ReturnTo {
    type Error = Elsewhere;

    fn try_from(text: String) -> Result<Self, Elsewhere> {
        text.parse()
    }
}

impl From<ReturnTo> for String {
    fn from(page: ReturnTo) -> Self {
        page.0
    }
}

impl fmt::Display for ReturnTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_pages_and_authorization_requests_are_accepted() {
        for (text, path) in [
            ("/account", "/account"),
            ("/account/memories?q=tea&after=1", "/account/memories?q=tea&after=1"),
            ("/account/./keys#new", "/account/keys"),
            ("/oauth/authorize?client_id=a", "/oauth/authorize?client_id=a"),
        ] {
            assert_eq!(text.parse::<ReturnTo>().map(|path| path.to_string()), Ok(path.into()), "{text}");
        }
    }

    #[test]
    fn page_is_read_from_its_own_query() {
        for text in ["/account", "/account/memories?q=tea&after=1", "/oauth/authorize?client_id=a&state=%27%22+b"] {
            let page: ReturnTo = text.parse().expect("known");
            assert_eq!(ReturnTo::read(Some(page.query())), page, "{text}");
        }
        for query in [None, Some("return_to=https://evil.example".into())] {
            assert_eq!(ReturnTo::read(query), ReturnTo::default());
        }
    }

    #[test]
    fn request_after_sign_in_is_a_page_to_return_to() {
        let query = b"client_id=a&prompt=login&max_age=0&state=%27%22%23+b%2F..&x=%C3%A9";
        let page = ReturnTo::after_sign_in(&Parameters::from_page(query));
        assert_eq!(page.as_str(), "/oauth/authorize?client_id=a&state=%27%22%23+b%2F..&x=%C3%A9");
        assert_eq!(page.as_str().parse(), Ok(page));
    }

    #[test]
    fn new_user_connects_an_assistant_next() {
        for (text, next) in [("/account", "/account/connect"), ("/account/data", "/account/data")] {
            assert_eq!(text.parse::<ReturnTo>().map(|page| page.after_sign_up().to_string()), Ok(next.into()));
        }
    }

    #[test]
    fn other_urls_are_rejected() {
        for text in [
            "",
            "/",
            "/accounts",
            "/account/../oauth/token",
            "/oauth/authorize/a",
            "//evil.example/account",
            "/\\evil.example/account",
            "https://evil.example/account",
            "\t//evil.example/account",
            "javascript:alert(1)",
            "data:text/html,/account",
        ] {
            assert_eq!(text.parse::<ReturnTo>(), Err(Elsewhere), "{text}");
        }
    }
}
