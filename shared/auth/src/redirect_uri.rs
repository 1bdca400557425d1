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

mod scheme;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use url::{Host, Position, Url};

use crate::{public_url::is_loopback, text::InvalidValue};

/// A redirect URI as the client wrote it, safe as the target of a browser redirect, e.g.
/// `https://claude.ai/api/mcp/auth_callback`.
///
/// The text is stored and compared byte for byte, since clients compare it with their own. Redirects and pages contain the
/// normalised form of the WHATWG parser instead, which was validated, and which a browser would make of the text (T-07).
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
        self == requested || self.around_port().is_some_and(|parts| Some(parts) == requested.around_port())
    }

    /// `true` for an `http` URI on a loopback host. Any program on the user's machine may listen there.
    pub fn is_loopback(&self) -> bool {
        let url = self.url();
        url.scheme() == "http" && is_loopback(url.host())
    }

    /// `true` for a URI with the scheme of an app. Any program on the user's machine may register for the scheme.
    pub fn is_app(&self) -> bool {
        !is_web(self.url().scheme())
    }

    /// The part of the URI to show to the user: the host, e.g. `claude.ai` or `localhost`, or the scheme of an app, e.g.
    /// `cursor:`.
    pub fn host(&self) -> String {
        let [_, host, _] = self.around_host();
        host
    }

    /// The URI as a browser follows it, for display: in ASCII, with the host in lower case and in Punycode.
    pub fn shown(&self) -> String {
        self.url().into()
    }

    /// [`shown`](Self::shown) in three parts: the text before [`host`](Self::host), the host, and the rest.
    pub fn around_host(&self) -> [String; 3] {
        let url = self.url();
        if is_web(url.scheme()) {
            let parts = [
                &url[..Position::BeforeHost],
                &url[Position::BeforeHost..Position::AfterHost],
                &url[Position::AfterHost..],
            ];
            return parts.map(Into::into);
        }
        let scheme = &url[..Position::AfterScheme];
        [String::new(), format!("{scheme}:"), url.as_str()[scheme.len() + 1..].into()]
    }

    /// Returns the URI with the parameters appended to its query. Existing parameters are retained (RFC 6749 §3.1.2).
    pub fn with_query<'a>(&self, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let mut url = self.url();
        url.query_pairs_mut().extend_pairs(parameters);
        url.into()
    }

    /// A loopback URI without its port: scheme, host, and path with query. An empty path is the path `/`.
    fn around_port(&self) -> Option<(&str, &str, &str)> {
        if !self.is_loopback() {
            return None;
        }
        let (scheme, host, port_and_rest) = authority(&self.0)?;
        let rest = port_and_rest.find(['/', '?']).map_or("", |start| &port_and_rest[start..]);
        Some((scheme, host, if rest.is_empty() { "/" } else { rest }))
    }

    fn url(&self) -> Url {
        Url::parse(&self.0).expect("validated when parsed")
    }
}

impl FromStr for RedirectUri {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let url = Url::parse(text).map_err(|_| InvalidValue("not an absolute URI"))?;
        if text.len() > 2048 || text.contains('*') || url.fragment().is_some() {
            return Err(InvalidValue("longer than 2048 bytes, or with a wildcard or a fragment"));
        }
        // RFC 3986 excludes these characters. The parser removes some and reads backslashes as slashes, and other parsers
        // do not.
        if !text.chars().all(is_uri_character) {
            return Err(InvalidValue("contains a character not allowed in a URI"));
        }
        if !text.split('%').skip(1).all(is_escape) {
            return Err(InvalidValue("contains an escaped control character or an incomplete escape"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidValue("contains a user name"));
        }
        if is_web(url.scheme()) {
            // The parser also accepts other numbers of slashes, which other parsers read as a path.
            let (_, host, _) = authority(text).ok_or(InvalidValue("has no host after \"://\""))?;
            let is_literal = url.host_str().is_some_and(|parsed| parsed.eq_ignore_ascii_case(host));
            return match url.scheme() {
                "https" if is_named_host(url.host()) => Ok(Self(text.into())),
                // Other spellings, such as the number 2130706433, lead elsewhere in clients that do not know them.
                "http" if is_loopback(url.host()) && is_literal => Ok(Self(text.into())),
                _ => Err(InvalidValue("neither https with a host name nor http on a loopback host")),
            };
        }
        match scheme::refusal(url.scheme()) {
            Some(reason) => Err(InvalidValue(reason)),
            None => Ok(Self(text.into())),
        }
    }
}

/// `true` for the schemes of websites.
fn is_web(scheme: &str) -> bool {
    ["https", "http"].contains(&scheme)
}

/// Splits the text of a web URI into its scheme, its host and the rest, which begins with the port. `None` if it does not
/// have exactly two slashes before its host.
fn authority(text: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let bracket = rest[..end].find(']').map(|bracket| bracket + 1);
    let end = bracket.or_else(|| rest[..end].find(':')).unwrap_or(end);
    (end > 0).then(|| (scheme, &rest[..end], &rest[end..]))
}

/// `true` for the characters of an internationalised URI ([RFC 3987](https://www.rfc-editor.org/rfc/rfc3987)).
fn is_uri_character(character: char) -> bool {
    match character.is_ascii() {
        true => character.is_ascii_graphic() && !"\"<>\\^`{|}".contains(character),
        false => !character.is_control() && !character.is_whitespace(),
    }
}

/// `true` for the text after a `%` if it begins with two hexadecimal digits, but not those of a control character. Programs
/// that decode a URI before they use it would take %0D%0A for the end of a line (T-07).
fn is_escape(after: &str) -> bool {
    let code = after.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    let byte = code.and_then(|digits| u8::from_str_radix(digits, 16).ok());
    byte.is_some_and(|byte| !byte.is_ascii_control())
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
mod tests;
