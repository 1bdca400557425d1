//! Well-known clients, identified by their exact redirect URIs.
//!
//! A client can claim any name, so the name proves nothing. A host that receives the code over TLS does identify its
//! operator, but a path of it can belong to other parties: `vscode.dev/redirect` relays the code to any URI (SR-06).
//! Only addresses at which the vendor's own client takes the code are listed. Native apps cannot be identified this way.

use crate::redirect_uri::RedirectUri;

/// A well-known client and its vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownClient {
    /// Its name.
    pub name: &'static str,
    /// Its vendor.
    pub maker: &'static str,
}

/// The client of an authorization request as a page may name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity<'a> {
    /// The redirect URI belongs to this client.
    Known(KnownClient),
    /// The name that the client gave itself, which proves nothing.
    Claimed(&'a str),
}

impl<'a> Identity<'a> {
    /// The name, proven or not.
    pub fn name(&self) -> &'a str {
        match self {
            Self::Known(client) => client.name,
            Self::Claimed(name) => name,
        }
    }
}

const CLAUDE: KnownClient = KnownClient { name: "Claude", maker: "Anthropic" };
const CHATGPT: KnownClient = KnownClient { name: "ChatGPT", maker: "OpenAI" };
const CURSOR: KnownClient = KnownClient { name: "Cursor", maker: "Anysphere" };

const BY_REDIRECT_URI: [(&str, KnownClient); 4] = [
    ("https://claude.ai/api/mcp/auth_callback", CLAUDE),
    ("https://claude.com/api/mcp/auth_callback", CLAUDE),
    ("https://chatgpt.com/connector_platform_oauth_redirect", CHATGPT),
    ("https://www.cursor.com/agents/mcp/oauth/callback", CURSOR),
];
/// ChatGPT has one redirect URI per connector: this prefix followed by the connector's id.
const CHATGPT_CONNECTORS: &str = "https://chatgpt.com/connector/oauth/";

impl KnownClient {
    /// The well-known client with this redirect URI, if any.
    pub fn at(redirect_uri: &RedirectUri) -> Option<Self> {
        let uri = redirect_uri.as_str();
        if uri.strip_prefix(CHATGPT_CONNECTORS).is_some_and(is_connector_id) {
            return Some(CHATGPT);
        }
        BY_REDIRECT_URI.into_iter().find(|(known, _)| *known == uri).map(|(_, client)| client)
    }
}

/// `true` for one path segment without query or escapes.
fn is_connector_id(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SR-06
    #[test]
    fn client_is_known_by_its_exact_redirect_uri_only() {
        for (uri, known) in [
            ("https://claude.ai/api/mcp/auth_callback", Some(CLAUDE)),
            ("https://claude.ai/api/mcp/auth_callback?next=https://evil.example", None),
            ("https://claude.ai/api/mcp/auth_callback/", None),
            ("https://claude.ai/public/artifacts/evil", None),
            ("https://chatgpt.com/connector/oauth/Zr8_kQ-x2", Some(CHATGPT)),
            ("https://chatgpt.com/connector/oauth/", None),
            ("https://chatgpt.com/connector/oauth/a/b", None),
            ("https://chatgpt.com/connector/oauth/a?b=c", None),
            ("https://chatgpt.com/connector/oauth/a%2Fb", None),
            ("https://vscode.dev/redirect", None),
            ("https://vscode.dev/redirect?url=https://evil.example", None),
            ("https://evil.claude.ai/api/mcp/auth_callback", None),
            ("https://claude.ai.evil.example/api/mcp/auth_callback", None),
            ("http://localhost/callback", None),
            ("cursor://anysphere.cursor-mcp/oauth/callback", None),
        ] {
            assert_eq!(KnownClient::at(&uri.parse().expect("valid")), known, "{uri}");
        }
    }
}
