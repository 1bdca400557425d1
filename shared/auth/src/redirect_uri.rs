//! Validation and matching of redirect URIs (AS-06; [RFC 8252 §7](https://www.rfc-editor.org/rfc/rfc8252#section-7),
//! [OAuth 2.1 §2.3](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1#section-2.3)).
//!
//! ```
//! use jean_auth::redirect_uri::RedirectUri;
//!
//! let registered: RedirectUri = "http://localhost/callback".parse()?;
//! assert!(registered.matches(&"http://localhost:53682/callback".parse()?));
//! assert!(!registered.matches(&"http://localhost:53682/other".parse()?));
//! assert!("javascript:alert(1)".parse::<RedirectUri>().is_err());
//! # Ok::<(), jean_auth::text::InvalidValue>(())
//! ```

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::{public_url::is_loopback, text::InvalidValue};

/// Private-use schemes of editors. They lack the dot that RFC 8252 §7.1 requires.
const EDITOR_SCHEMES: [&str; 5] = ["cursor", "vscode", "vscode-insiders", "windsurf", "zed"];

/// A redirect URI in its normalised form, safe as the target of a browser redirect, e.g.
/// `https://claude.ai/api/mcp/auth_callback`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct RedirectUri(String);

impl RedirectUri {
    /// The URI as registered or requested.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `true` if `requested` equals this registered URI. The port of a loopback URI is ignored, because native
    /// clients listen on an ephemeral port (RFC 8252 §7.3).
    pub fn matches(&self, requested: &Self) -> bool {
        self == requested || (self.is_loopback() && self.without_port() == requested.without_port())
    }

    /// `true` for an `http` URI on a loopback host. Any program on the user's machine may listen there.
    pub fn is_loopback(&self) -> bool {
        let url = self.url();
        url.scheme() == "http" && is_loopback(url.host())
    }

    /// The part of the URI to show to the user: the host, e.g. `claude.ai` or `localhost`, or the scheme of an app, e.g.
    /// `cursor:`.
    pub fn host(&self) -> String {
        let url = self.url();
        match (url.scheme(), url.host_str()) {
            ("https" | "http", Some(host)) => host.into(),
            (scheme, _) => format!("{scheme}:"),
        }
    }

    /// The whole URI in three parts, for display: the text before [`host`](Self::host), the host, and the rest.
    pub fn around_host(&self) -> (&str, &str, &str) {
        let scheme_end = self.0.find(':').map_or(0, |colon| colon + 1);
        if !["https:", "http:"].iter().any(|scheme| self.0[..scheme_end].eq_ignore_ascii_case(scheme)) {
            return ("", &self.0[..scheme_end], &self.0[scheme_end..]);
        }
        let start = scheme_end + "//".len();
        let authority = &self.0[start..];
        let authority = &authority[..authority.find(['/', '?']).unwrap_or(authority.len())];
        let host = authority.find(']').map(|bracket| bracket + 1).or_else(|| authority.find(':'));
        let end = start + host.unwrap_or(authority.len());
        (&self.0[..start], &self.0[start..end], &self.0[end..])
    }

    /// Returns the URI with the parameters appended to its query. Existing parameters are retained (RFC 6749 §3.1.2).
    pub fn with_query<'a>(&self, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let mut url = self.url();
        url.query_pairs_mut().extend_pairs(parameters);
        url.into()
    }

    fn without_port(&self) -> Url {
        let mut url = self.url();
        // Fails only for URLs without a host, which are compared unchanged.
        let _ = url.set_port(None);
        url
    }

    fn url(&self) -> Url {
        Url::parse(&self.0).expect("validated when parsed")
    }
}

impl FromStr for RedirectUri {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let url = Url::parse(text).map_err(|_| InvalidValue("not an absolute URI"))?;
        // A browser could otherwise follow a different URI than the one validated here. Mixed case, backslashes, control
        // characters, default ports, dot segments and numeric hosts all differ from their normalised form (T-07).
        if url.as_str() != text && url.as_str().strip_suffix('/') != Some(text) {
            return Err(InvalidValue("not in normalised form"));
        }
        if text.len() > 2048 || text.contains('*') || url.fragment().is_some() {
            return Err(InvalidValue("longer than 2048 bytes, or with a wildcard or a fragment"));
        }
        // RFC 3986 excludes these characters, but the parser accepts them after a private-use scheme.
        if !text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)) {
            return Err(InvalidValue("contains a character not allowed in a URI"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidValue("contains a user name"));
        }
        match url.scheme() {
            "https" if is_named_host(url.host()) => Ok(Self(text.into())),
            "http" if is_loopback(url.host()) => Ok(Self(text.into())),
            "https" | "http" => Err(InvalidValue("neither https with a host name nor http on a loopback host")),
            // A private-use scheme is a reversed domain name (RFC 8252 §7.1).
            scheme if scheme.contains('.') || EDITOR_SCHEMES.contains(&scheme) => Ok(Self(text.into())),
            _ => Err(InvalidValue("scheme is not a private-use scheme of an app")),
        }
    }
}

/// Rejects a trailing dot: browsers treat such a host as another origin, DNS as the same server.
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

    /// T-01
    #[test]
    fn only_http_on_loopback_ignores_the_port() {
        assert!(uri("http://localhost/cb").matches(&uri("http://localhost:6274/cb")));
        assert!(!uri("https://localhost/cb").matches(&uri("https://localhost:6274/cb")));
        assert!(!uri("https://claude.ai/cb").matches(&uri("https://claude.ai:8443/cb")));
    }

    #[test]
    fn uri_of_2048_bytes_is_the_longest() {
        let of_length = |length: usize| format!("https://claude.ai/{}", "x".repeat(length - 18));
        assert_eq!(uri(&of_length(2048)).to_string(), of_length(2048));
        assert!(of_length(2049).parse::<RedirectUri>().is_err());
    }

    /// AS-06
    #[test]
    fn uris_of_known_clients_are_accepted() {
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

    /// T-07
    #[test]
    fn hostile_uris_are_rejected() {
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

    /// AS-06
    #[test]
    fn matching_is_exact_except_for_the_loopback_port() {
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
    fn parameters_are_appended_to_the_query() {
        let uri = uri("https://example.org/cb?fixed=1");
        assert_eq!(
            uri.with_query([("code", "a b"), ("state", "x&y=ü")]),
            "https://example.org/cb?fixed=1&code=a+b&state=x%26y%3D%C3%BC"
        );
    }

    /// SR-06
    #[test]
    fn whole_uri_is_shown_around_its_host() {
        for (text, parts) in [
            ("https://a.example/cb?x=claude.ai", ("https://", "a.example", "/cb?x=claude.ai")),
            ("https://a.example:8443", ("https://", "a.example", ":8443")),
            ("http://[::1]:9/cb", ("http://", "[::1]", ":9/cb")),
            ("cursor://claude.ai/cb", ("", "cursor:", "//claude.ai/cb")),
        ] {
            assert_eq!(uri(text).around_host(), parts);
        }
    }

    #[test]
    fn host_is_the_host_or_the_scheme() {
        for (text, host) in
            [("https://claude.ai/cb", "claude.ai"), ("http://localhost:1/cb", "localhost"), ("cursor://a/b", "cursor:")]
        {
            assert_eq!(uri(text).host(), host);
        }
    }
}
