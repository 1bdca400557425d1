//! The page to return to after sign-in.

use std::{fmt, str::FromStr};

use jean_auth::parameters::Parameters;
use url::Url;

/// A path with an optional query: an account page, or the authorization request that the user came from. Never another
/// site: an open redirector would help phishing (RFC 9700 §4.11.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnTo(String);

/// The URL is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither an account page nor an authorization request")]
pub struct Elsewhere;

impl ReturnTo {
    /// Reads `return_to` from a query; defaults to `/account` if it is missing or elsewhere.
    pub fn read(query: Option<String>) -> Self {
        let parameters = Parameters::from_page(query.unwrap_or_default().as_bytes());
        parameters.get("return_to").and_then(|path| path.parse().ok()).unwrap_or_default()
    }
}

impl Default for ReturnTo {
    fn default() -> Self {
        Self("/account".into())
    }
}

impl FromStr for ReturnTo {
    type Err = Elsewhere;

    fn from_str(text: &str) -> Result<Self, Elsewhere> {
        // Resolved as browsers resolve it, against a reserved host name.
        let here = Url::parse("https://here.invalid").expect("valid");
        let url = here.join(text).map_err(|_| Elsewhere)?;
        let is_known = ["/account", "/oauth/authorize"].contains(&url.path()) || url.path().starts_with("/account/");
        if url.origin() != here.origin() || !is_known {
            return Err(Elsewhere);
        }
        Ok(Self(url[url::Position::BeforePath..url::Position::AfterQuery].into()))
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
