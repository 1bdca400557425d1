//! Where this server is: the one setting that issuer, endpoints and MCP URL come from (AS-24).

use std::str::FromStr;

use url::{Host, Url};

/// The origin people type, validated at start-up: `https`, or `http` on a loopback host; nothing after the port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    issuer: String,
    mcp: String,
    is_https: bool,
}

impl PublicUrl {
    /// The issuer identifier (RFC 8414 §2), byte for byte as clients compare it: no trailing slash.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The URL a person pastes, and the audience of every access token.
    pub fn mcp(&self) -> &str {
        &self.mcp
    }

    /// The address of a path here.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// Whether `origin`, as an `Origin` header has it (RFC 6454 §6.1), is ours.
    pub fn is_origin(&self, origin: &str) -> bool {
        origin == self.issuer
    }

    /// Whether cookies may have the `__Host-` prefix and `Secure`. On http://localhost Safari and command-line clients
    /// would not send such a cookie back (AS-15).
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// The name of one of our cookies. `__Host-` makes the browser refuse it from any other host, path or scheme (RFC
    /// 6265bis §4.1.3.2).
    pub fn cookie_name(&self, base: &str) -> String {
        if self.is_https { format!("__Host-{base}") } else { base.into() }
    }
}

impl FromStr for PublicUrl {
    type Err = InvalidPublicUrl;

    fn from_str(text: &str) -> Result<Self, InvalidPublicUrl> {
        let invalid = |reason| InvalidPublicUrl { url: text.into(), reason };
        let url = Url::parse(text).map_err(|_| invalid("it is not a URL"))?;
        let is_https = match url.scheme() {
            "https" => true,
            "http" if is_loopback(url.host()) => false,
            _ => return Err(invalid("it needs https, or http on localhost")),
        };
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("it must end after the host and port"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("it must not carry a user name"));
        }
        let issuer = url.origin().ascii_serialization();
        Ok(Self { mcp: format!("{issuer}/mcp"), issuer, is_https })
    }
}

/// Whether a host is this machine, by the names RFC 8252 §7.3 and real clients use.
pub(crate) fn is_loopback(host: Option<Host<&str>>) -> bool {
    match host {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == std::net::Ipv6Addr::LOCALHOST,
        None => false,
    }
}

/// A setting that can't be where this server is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("PUBLIC_URL {url:?} can't be used: {reason}; write it like https://memory.example.com")]
pub struct InvalidPublicUrl {
    url: String,
    reason: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuer_and_mcp_url_come_from_one_setting_as24() {
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

    #[test]
    fn addresses_origins_and_cookies_follow_from_it_as15() {
        let deployed: PublicUrl = "https://memory.example.com".parse().expect("valid");
        assert_eq!(deployed.join("/oauth/token"), "https://memory.example.com/oauth/token");
        assert!(deployed.is_origin("https://memory.example.com"));
        assert!(!deployed.is_origin("https://memory.example.com.evil.example"));
        assert!(deployed.is_https());
        assert_eq!(deployed.cookie_name("jean_session"), "__Host-jean_session");
        let desk: PublicUrl = "http://localhost:3000".parse().expect("valid");
        assert!(!desk.is_https());
        assert_eq!(desk.cookie_name("jean_session"), "jean_session");
    }

    #[test]
    fn a_setting_that_clients_would_refuse_is_refused_at_start() {
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
