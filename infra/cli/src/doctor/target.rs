//! The URL that a user pastes.

use std::{fmt, str::FromStr};

use url::Url;

/// The endpoint of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The URL as pasted, byte for byte: clients compare it with the metadata.
    pub mcp: String,
    /// The origin, as in an `Origin` header.
    pub origin: String,
    is_loopback: bool,
    is_https: bool,
}

impl Target {
    /// Returns the URL of a path of the origin.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The URL at which clients look for protected resource metadata first (RFC 9728 §3.1).
    pub(super) fn path_suffixed(&self) -> String {
        self.at(&format!("/.well-known/oauth-protected-resource{}", &self.mcp[self.origin_length()..]))
    }

    /// The path of the endpoint.
    pub(super) fn path(&self) -> &str {
        &self.mcp[self.origin_length()..]
    }

    fn origin_length(&self) -> usize {
        let after_scheme = self.mcp.find("://").map_or(0, |at| at + 3);
        self.mcp[after_scheme..].find('/').map_or(self.mcp.len(), |at| after_scheme + at)
    }

    /// `true` if the server is on this computer.
    pub(super) fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// `true` if the URL has the scheme https.
    pub(super) fn is_https(&self) -> bool {
        self.is_https
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mcp)
    }
}

/// An invalid server URL.
#[derive(Debug, thiserror::Error)]
#[error("{0}; expected a URL such as https://memory.example.com/mcp")]
pub struct NoTarget(&'static str);

/// Parses a URL. An origin without a path means its `/mcp`; any other URL is used unchanged.
impl FromStr for Target {
    type Err = NoTarget;

    fn from_str(text: &str) -> Result<Self, NoTarget> {
        let url = Url::parse(text).map_err(|_| NoTarget("not a URL"))?;
        if !["http", "https"].contains(&url.scheme()) || url.host_str().is_none() {
            return Err(NoTarget("the scheme must be https, or http on localhost"));
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(NoTarget("query, fragment and credentials are not allowed"));
        }
        let origin = url.origin().ascii_serialization();
        let is_loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let mcp = if url.path() == "/" { format!("{origin}/mcp") } else { text.to_owned() };
        Ok(Self { mcp, origin, is_loopback, is_https: url.scheme() == "https" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origin_means_its_endpoint_and_paths_are_unchanged() {
        for (typed, mcp, origin) in [
            ("https://memory.example", "https://memory.example/mcp", "https://memory.example"),
            ("https://memory.example/", "https://memory.example/mcp", "https://memory.example"),
            ("http://localhost:3000/mcp", "http://localhost:3000/mcp", "http://localhost:3000"),
            ("https://memory.example/mcp/", "https://memory.example/mcp/", "https://memory.example"),
            ("https://memory.example/prod/mcp", "https://memory.example/prod/mcp", "https://memory.example"),
        ] {
            let target: Target = typed.parse().expect(typed);
            assert_eq!((target.mcp.as_str(), target.origin.as_str()), (mcp, origin));
        }
        let target: Target = "http://localhost:3000".parse().expect("a URL");
        assert_eq!(target.path_suffixed(), "http://localhost:3000/.well-known/oauth-protected-resource/mcp");
    }

    #[test]
    fn invalid_urls_are_rejected() {
        for typed in [
            "",
            "memory.example",
            "ftp://memory.example",
            "https://me@memory.example/mcp",
            "https://memory.example/mcp?x",
        ] {
            assert!(typed.parse::<Target>().is_err(), "{typed}");
        }
    }
}
