//! Resource indicators (RFC 8707): which server a token is for.

use url::Url;

use crate::public_url::PublicUrl;

/// Whether `resource` names our MCP URL, in any of the spellings clients use (AS-09): with or without a trailing slash,
/// as the bare origin, with upper-case scheme or host, with the default port. Tokens carry the canonical one.
pub fn is_ours(resource: &str, public_url: &PublicUrl) -> bool {
    let Ok(url) = Url::parse(resource) else { return false };
    // RFC 8707 §2: absolute, and without a fragment.
    url.origin().ascii_serialization() == public_url.issuer()
        && ["", "/mcp"].contains(&url.path().trim_end_matches('/'))
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_ours_is_ours_and_nothing_else_as09() {
        let public_url: PublicUrl = "https://memory.example".parse().expect("valid");
        for (resource, ours) in [
            ("https://memory.example/mcp", true),
            ("https://memory.example/mcp/", true),
            ("https://memory.example", true),
            ("https://memory.example/", true),
            ("HTTPS://MEMORY.example/mcp", true),
            ("https://memory.example:443/mcp", true),
            ("https://memory.example/MCP", false),
            ("https://memory.example/mcp/v2", false),
            ("https://memory.example/mcp?x=1", false),
            ("https://memory.example/mcp#x", false),
            ("https://user@memory.example/mcp", false),
            ("http://memory.example/mcp", false),
            ("https://memory.example.evil.example/mcp", false),
            ("https://evil.example/mcp", false),
            ("memory.example/mcp", false),
            ("", false),
        ] {
            assert_eq!(is_ours(resource, &public_url), ours, "{resource}");
        }
    }
}
