//! The URL a person pastes.

use std::{fmt, str::FromStr};

use url::Url;

/// Where the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The URL people paste, byte for byte: clients compare it with what the metadata say.
    pub mcp: String,
    /// The same without its path, as an `Origin` header has it.
    pub origin: String,
    is_loopback: bool,
    is_https: bool,
}

impl Target {
    /// An address at the root of the origin.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Where protected resource metadata is looked for first (RFC 9728 §3.1).
    pub(super) fn path_suffixed(&self) -> String {
        self.at(&format!("/.well-known/oauth-protected-resource{}", &self.mcp[self.origin_length()..]))
    }

    /// The path alone, for people.
    pub(super) fn path(&self) -> &str {
        &self.mcp[self.origin_length()..]
    }

    fn origin_length(&self) -> usize {
        let after_scheme = self.mcp.find("://").map_or(0, |at| at + 3);
        self.mcp[after_scheme..].find('/').map_or(self.mcp.len(), |at| after_scheme + at)
    }

    /// Whether it is this computer.
    pub(super) fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// Whether clients reach it as they want to: by https, or on this computer.
    pub(super) fn is_https(&self) -> bool {
        self.is_https
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mcp)
    }
}

/// Not the URL of a server.
#[derive(Debug, thiserror::Error)]
#[error("{0}; write it like https://memory.example.com/mcp")]
pub struct NoTarget(&'static str);

/// An origin stands for its `/mcp`; anything else is taken as it is.
impl FromStr for Target {
    type Err = NoTarget;

    fn from_str(text: &str) -> Result<Self, NoTarget> {
        let url = Url::parse(text).map_err(|_| NoTarget("it is not a URL"))?;
        if !["http", "https"].contains(&url.scheme()) || url.host_str().is_none() {
            return Err(NoTarget("it needs https, or http on localhost"));
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(NoTarget("it must end after the path, and carry no user name"));
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
    fn the_origin_stands_for_its_endpoint_and_the_rest_is_left_as_it_was_typed() {
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
    fn what_nobody_can_paste_is_refused() {
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
