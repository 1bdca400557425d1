//! Redirect URIs: which may be registered, and which match (AS-06; RFC 8252 §7; OAuth 2.1 §2.3).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::{public_url::is_loopback, text::InvalidValue};

/// Editors whose scheme has no dot, and which register it all the same.
const EDITOR_SCHEMES: [&str; 5] = ["cursor", "vscode", "vscode-insiders", "windsurf", "zed"];

/// A redirect URI that is safe to send a browser to, in its normal form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct RedirectUri(String);

impl RedirectUri {
    /// The text, as registered or requested.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a request for `requested` is a request for this registered URI: the same text, or on a loopback host
    /// the same but for the port (RFC 8252 §7.3).
    pub fn matches(&self, requested: &Self) -> bool {
        self == requested || (self.is_loopback() && self.without_port() == requested.without_port())
    }

    /// Whether the answer stays on the machine the browser runs on, where any program may be listening.
    pub fn is_loopback(&self) -> bool {
        let url = self.url();
        url.scheme() == "http" && is_loopback(url.host())
    }

    /// What a person may recognise: the host of a web client, `this computer`'s address, or the scheme of an app.
    pub fn host(&self) -> String {
        let url = self.url();
        match (url.scheme(), url.host_str()) {
            ("https" | "http", Some(host)) => host.into(),
            (scheme, _) => format!("{scheme}:"),
        }
    }

    /// The URI with parameters added to its query (RFC 6749 §4.1.2: what is there already stays).
    pub fn with_query<'a>(&self, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let mut url = self.url();
        url.query_pairs_mut().extend_pairs(parameters);
        url.into()
    }

    fn without_port(&self) -> Url {
        let mut url = self.url();
        // Fails only for URLs without a host, which compare as they are.
        let _ = url.set_port(None);
        url
    }

    fn url(&self) -> Url {
        Url::parse(&self.0).expect("parsed on the way in")
    }
}

impl FromStr for RedirectUri {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let url = Url::parse(text).map_err(|_| InvalidValue("it is not an absolute URI"))?;
        // What the browser would follow is what was read here: mixed case, backslashes, control characters, default
        // ports, dot segments and numbers that are addresses all differ from their own normal form (T-07).
        if url.as_str() != text && url.as_str().strip_suffix('/') != Some(text) {
            return Err(InvalidValue("it is not in its normal form"));
        }
        if text.len() > 2048 || text.contains('*') || url.fragment().is_some() {
            return Err(InvalidValue("it is too long, or has a wildcard or a fragment"));
        }
        // The parser leaves them alone behind a scheme that is an app's; RFC 3986 has no place for them anywhere.
        if !text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)) {
            return Err(InvalidValue("it has a character that no URI has"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidValue("it carries a user name"));
        }
        match url.scheme() {
            "https" if is_named_host(url.host()) => Ok(Self(text.into())),
            "http" if is_loopback(url.host()) => Ok(Self(text.into())),
            "https" | "http" => Err(InvalidValue("it needs https and a host, or http on this computer")),
            // RFC 8252 §7.1: a private-use scheme is a reversed domain name.
            scheme if scheme.contains('.') || EDITOR_SCHEMES.contains(&scheme) => Ok(Self(text.into())),
            _ => Err(InvalidValue("its scheme belongs to no app")),
        }
    }
}

/// A host with a trailing dot is another origin to a browser, and the same server to DNS.
fn is_named_host(host: Option<Host<&str>>) -> bool {
    match host {
        Some(Host::Domain(name)) => !name.ends_with('.'),
        Some(_) => true,
        None => false,
    }
}

impl TryFrom<String> for RedirectUri {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        text.parse()
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> RedirectUri {
        text.parse().expect(text)
    }

    #[test]
    fn only_http_on_this_computer_may_come_back_to_another_port_t01() {
        assert!(uri("http://localhost/cb").matches(&uri("http://localhost:6274/cb")));
        assert!(!uri("https://localhost/cb").matches(&uri("https://localhost:6274/cb")));
        assert!(!uri("https://claude.ai/cb").matches(&uri("https://claude.ai:8443/cb")));
    }

    #[test]
    fn an_address_has_at_most_2048_characters_and_is_shown_as_it_is() {
        let of_length = |length: usize| format!("https://claude.ai/{}", "x".repeat(length - 18));
        assert_eq!(uri(&of_length(2048)).to_string(), of_length(2048));
        assert!(of_length(2049).parse::<RedirectUri>().is_err());
    }

    #[test]
    fn what_real_clients_register_is_accepted_as06() {
        for text in [
            "https://claude.ai/api/mcp/auth_callback",
            "https://claude.com/api/mcp/auth_callback",
            "https://chatgpt.com/connector_platform_oauth_redirect",
            "https://chatgpt.com/connector/oauth/abc_DEF-123",
            "http://localhost/callback",
            "http://localhost:6274/oauth/callback",
            "http://127.0.0.1/callback",
            "http://127.0.0.1:33418/",
            "http://127.0.0.1:33418",
            "http://[::1]:8080/callback",
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "vscode://vscode.github-authentication/did-authenticate",
            "com.example.app:/oauth",
            "com.raycast:/oauth?package_name=x",
            "https://vscode.dev/redirect",
            "https://example.org/cb?fixed=1",
        ] {
            assert!(text.parse::<RedirectUri>().is_ok(), "{text}: {:?}", text.parse::<RedirectUri>());
        }
    }

    #[test]
    fn hostile_uris_are_refused_t07() {
        for text in [
            "",
            "/relative",
            "//evil.example",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "vbscript:x",
            "blob:https://claude.ai/x",
            "about:blank",
            "ftp://example.org/",
            "myapp://callback",
            "http://example.org/cb",
            "http://192.168.0.1/cb",
            "http://127.0.0.2/cb",
            "http://localhost.evil.example/cb",
            "http://2130706433/cb",
            "http://0x7f.1/cb",
            "https://user@example.org/cb",
            "https://claude.ai@evil.example/cb",
            "https://user:pass@example.org/cb",
            "https://example.org/cb#fragment",
            "https://example.org/cb#",
            "https://*.example.org/cb",
            "https://example.org/*",
            "https://example.org\\@evil.example/cb",
            "https:\\\\evil.example",
            "https:/example.org/cb",
            "https://example.org/cb\n",
            "https://exam\tple.org/cb",
            " https://example.org/cb",
            "https://EXAMPLE.org/cb",
            "HTTPS://example.org/cb",
            "https://example.org:443/cb",
            "https://example.org/a/../cb",
            "https://example.org./cb",
            "cursor::\\evil.example/cb",
            "cursor:a b",
            "com.example.app:/cb\"><script>",
            "https://exämple.org/cb",
            "https://",
        ] {
            assert!(text.parse::<RedirectUri>().is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn matching_is_exact_but_for_a_loopback_port_as06() {
        for (registered, requested, same) in [
            ("https://claude.ai/cb", "https://claude.ai/cb", true),
            ("https://claude.ai/cb", "https://claude.ai/cb/", false),
            ("https://claude.ai/cb", "https://claude.ai/cb?x=1", false),
            ("https://claude.ai/cb", "https://claude.ai:8443/cb", false),
            ("https://claude.ai/cb", "https://claude.com/cb", false),
            ("http://localhost/callback", "http://localhost:53682/callback", true),
            ("http://localhost:1/callback", "http://localhost:53682/callback", true),
            ("http://localhost:1/callback", "http://localhost/callback", true),
            ("http://127.0.0.1/callback", "http://127.0.0.1:9/callback", true),
            ("http://[::1]/callback", "http://[::1]:9/callback", true),
            ("http://127.0.0.1:33418/", "http://127.0.0.1:9", true),
            ("http://localhost/callback", "http://127.0.0.1:9/callback", false),
            ("http://localhost/callback", "http://localhost:9/other", false),
            ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp/oauth/callback", true),
            ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor://other/oauth/callback", false),
        ] {
            assert_eq!(uri(registered).matches(&uri(requested)), same, "{registered} {requested}");
        }
    }

    #[test]
    fn parameters_are_added_to_what_is_there() {
        let uri = uri("https://example.org/cb?fixed=1");
        assert_eq!(
            uri.with_query([("code", "a b"), ("state", "x&y=ü")]),
            "https://example.org/cb?fixed=1&code=a+b&state=x%26y%3D%C3%BC"
        );
    }

    #[test]
    fn a_person_sees_the_host_or_the_app() {
        for (text, host) in
            [("https://claude.ai/cb", "claude.ai"), ("http://localhost:1/cb", "localhost"), ("cursor://a/b", "cursor:")]
        {
            assert_eq!(uri(text).host(), host);
        }
    }
}
