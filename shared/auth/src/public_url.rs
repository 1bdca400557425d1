//! The `PUBLIC_URL` setting, from which issuer, endpoints and MCP URL are derived (AS-24; [RFC 8414 §2](https://www.rfc-editor.org/rfc/rfc8414#section-2)).
//!
//! ```
//! use jean_auth::public_url::PublicUrl;
//!
//! let url: PublicUrl = "https://memory.example.com/".parse()?;
//! assert_eq!(url.issuer(), "https://memory.example.com");
//! assert_eq!(url.mcp(), "https://memory.example.com/mcp");
//! assert!("http://memory.example.com".parse::<PublicUrl>().is_err());
//! # Ok::<(), jean_auth::public_url::InvalidPublicUrl>(())
//! ```

use std::str::FromStr;

use url::{Host, Url};

/// The public origin of the server, validated at start-up: `https`, or `http` on a loopback host, without a path, e.g.
/// `https://memory.example.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    issuer: String,
    mcp: String,
    is_https: bool,
}

impl PublicUrl {
    /// The issuer identifier without a trailing slash. Clients compare it byte by byte (RFC 8414 §2).
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The URL of the MCP endpoint, which is also the audience of every access token.
    pub fn mcp(&self) -> &str {
        &self.mcp
    }

    /// Returns the absolute URL of a path on this server.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// Returns `true` if `origin`, the value of an `Origin` header (RFC 6454 §6.1), is the origin of this server.
    pub fn is_origin(&self, origin: &str) -> bool {
        origin == self.issuer
    }

    /// `true` if cookies carry the `__Host-` prefix and `Secure`. Safari and command-line clients do not return such cookies
    /// to `http://localhost` (AS-15).
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// Returns the name of a cookie. A sibling host could otherwise set the cookie, so `__Host-` makes browsers reject it
    /// from any other host, path or scheme (RFC 6265bis §4.1.3.2).
    pub fn cookie_name(&self, base: &str) -> String {
        if self.is_https { format!("__Host-{base}") } else { base.into() }
    }
}

impl FromStr for PublicUrl {
    type Err = InvalidPublicUrl;

    fn from_str(text: &str) -> Result<Self, InvalidPublicUrl> {
        let invalid = |reason| InvalidPublicUrl { url: text.into(), reason };
        let url = Url::parse(text).map_err(|_| invalid("malformed URL"))?;
        let is_https = match url.scheme() {
            "https" => true,
            "http" if is_loopback(url.host()) => false,
            _ => return Err(invalid("neither https nor http on localhost")),
        };
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("path, query or fragment after the host and port"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("user name in the URL"));
        }
        let issuer = url.origin().ascii_serialization();
        Ok(Self { mcp: format!("{issuer}/mcp"), issuer, is_https })
    }
}

/// Returns `true` for the loopback hosts of RFC 8252 §7.3 and for `localhost`, which clients use in practice.
pub(crate) fn is_loopback(host: Option<Host<&str>>) -> bool {
    match host {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == std::net::Ipv6Addr::LOCALHOST,
        None => false,
    }
}

/// An invalid `PUBLIC_URL` setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid PUBLIC_URL {url:?}: {reason} (expected a URL such as https://memory.example.com)")]
pub struct InvalidPublicUrl {
    url: String,
    reason: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AS-24
    #[test]
    fn issuer_and_mcp_url_come_from_one_setting() {
        for (setting, issuer) in [
            ("https://memory.example.com", "https://memory.example.com"),
            ("https://memory.example.com/", "https://memory.example.com"),
            ("HTTPS://Memory.Example.com:443", "https://memory.example.com"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"),
        ] {
            let url: PublicUrl = setting.parse().expect(setting);
            assert_eq!(url.issuer(), issuer);
            assert_eq!(url.mcp(), format!("{issuer}/mcp"));
        }
    }

    /// AS-15
    #[test]
    fn endpoints_origin_and_cookies_follow_from_it() {
        let deployed: PublicUrl = "https://memory.example.com".parse().expect("valid");
        assert_eq!(deployed.join("/oauth/token"), "https://memory.example.com/oauth/token");
        assert!(deployed.is_origin("https://memory.example.com"));
        assert!(!deployed.is_origin("https://memory.example.com.evil.example"));
        assert!(deployed.is_https());
        assert_eq!(deployed.cookie_name("jean_session"), "__Host-jean_session");
        let local: PublicUrl = "http://localhost:3000".parse().expect("valid");
        assert!(!local.is_https());
        assert_eq!(local.cookie_name("jean_session"), "jean_session");
    }

    #[test]
    fn setting_that_clients_reject_is_rejected() {
        for setting in [
            "",
            "memory.example.com",
            "http://memory.example.com",
            "ftp://memory.example.com",
            "https://memory.example.com/stage",
            "https://memory.example.com?x",
            "https://memory.example.com#x",
            "https://me@memory.example.com",
        ] {
            assert!(setting.parse::<PublicUrl>().is_err(), "{setting}");
        }
    }
}
