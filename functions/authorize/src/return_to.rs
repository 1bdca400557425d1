//! Where somebody goes after a sign-in for their own account.

use std::{fmt, str::FromStr};

use jean_auth::parameters::Parameters;
use url::Url;

/// A path, and perhaps a query: a page of the account, or a client's request that somebody is in the middle of. Never
/// another site (RFC 9700 §4.11.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReturnTo(String);

/// It is none of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither a page of the account nor a request")]
pub(crate) struct Elsewhere;

impl ReturnTo {
    /// What a page's query says; the account, if it does not say or says what is elsewhere.
    pub(crate) fn read(query: Option<String>) -> Self {
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
        // Read as a browser reads it, against a host that nobody has: what is not below it then is elsewhere.
        let here = Url::parse("https://here.invalid").expect("a URL");
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
    fn a_page_of_the_account_and_a_request_are_returned_to() {
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
    fn everything_else_is_not() {
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
