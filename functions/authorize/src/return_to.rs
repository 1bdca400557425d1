//! Where somebody goes after a sign-in for their own account.

use std::{fmt, str::FromStr};

use url::Url;

/// A path, and perhaps a query, below `/account`: never another site (RFC 9700 §4.11.2), nor a page that is not a person's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReturnTo(String);

/// It leads out of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a page of the account")]
pub(crate) struct Elsewhere;

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
        let is_account = url.path() == "/account" || url.path().starts_with("/account/");
        if url.origin() != here.origin() || !is_account {
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
    fn a_page_of_the_account_is_returned_to() {
        for (text, path) in [
            ("/account", "/account"),
            ("/account/memories?q=tea&after=1", "/account/memories?q=tea&after=1"),
            ("/account/./keys#new", "/account/keys"),
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
            "/account/../oauth/authorize",
            "/oauth/authorize?client_id=a",
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
