//! Resource indicators ([RFC 8707](https://www.rfc-editor.org/rfc/rfc8707)): validates the `resource` parameter, the server a client requests a token for.

use url::Url;

use crate::{
    error::{ErrorCode, OAuthError},
    parameters::Parameters,
    public_url::PublicUrl,
};

/// Validates the `resource` parameter, which may be repeated (RFC 8707 §2). A token has one audience, so every value must
/// identify this server.
///
/// # Errors
/// `invalid_target` if one does not.
pub fn validate(parameters: &Parameters, public_url: &PublicUrl) -> Result<(), OAuthError> {
    if parameters.all("resource").all(|resource| is_ours(resource, public_url)) {
        return Ok(());
    }
    Err(OAuthError::new(ErrorCode::InvalidTarget, "resource is not this server's MCP URL."))
}

/// Returns `true` if `resource` identifies the MCP endpoint of this server. Accepts the spellings that clients use: a
/// trailing slash, the origin alone, an upper-case scheme or host, the default port (AS-09). Tokens always carry
/// [`PublicUrl::mcp`].
pub fn is_ours(resource: &str, public_url: &PublicUrl) -> bool {
    let Ok(url) = Url::parse(resource) else { return false };
    // A resource is an absolute URI without a fragment (RFC 8707 §2).
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

    /// TO-01
    #[test]
    fn every_value_of_a_repeated_resource_is_ours() {
        let public_url: PublicUrl = "https://memory.example".parse().expect("valid");
        for (form, valid) in [
            ("", true),
            ("resource=", true),
            ("resource=https://memory.example/mcp&resource=https://memory.example/mcp", true),
            ("resource=https://memory.example/mcp&resource=https://memory.example/&resource=", true),
            ("resource=https://memory.example/mcp&resource=https://evil.example/mcp", false),
            ("resource=https://evil.example/mcp&resource=https://memory.example/mcp", false),
            ("resource=&resource=https://evil.example/mcp", false),
        ] {
            let parameters = Parameters::from_form(form.as_bytes()).expect("repeatable");
            let expected = if valid { Ok(()) } else { Err(ErrorCode::InvalidTarget) };
            assert_eq!(validate(&parameters, &public_url).map_err(|error| error.code), expected, "{form}");
        }
    }

    /// AS-09
    #[test]
    fn every_spelling_of_the_mcp_url_is_accepted() {
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
