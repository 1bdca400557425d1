//! Well-known clients, identified by the host of their redirect URI.
//!
//! A client can claim any name, so the name proves nothing. The host that receives the code over TLS does identify its
//! operator. Native apps cannot be identified this way.

use crate::redirect_uri::RedirectUri;

/// A well-known client and its vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownClient {
    /// Its name.
    pub name: &'static str,
    /// Its vendor.
    pub maker: &'static str,
}

const CLAUDE: KnownClient = KnownClient { name: "Claude", maker: "Anthropic" };
const CHATGPT: KnownClient = KnownClient { name: "ChatGPT", maker: "OpenAI" };
const VSCODE: KnownClient = KnownClient { name: "Visual Studio Code", maker: "Microsoft" };
const CURSOR: KnownClient = KnownClient { name: "Cursor", maker: "Anysphere" };

/// Exact hosts: a subdomain may belong to another party.
const BY_HOST: [(&str, KnownClient); 6] = [
    ("claude.ai", CLAUDE),
    ("claude.com", CLAUDE),
    ("chatgpt.com", CHATGPT),
    ("vscode.dev", VSCODE),
    ("insiders.vscode.dev", VSCODE),
    ("cursor.com", CURSOR),
];

impl KnownClient {
    /// The well-known client with this redirect URI, if any.
    pub fn at(redirect_uri: &RedirectUri) -> Option<Self> {
        let host = redirect_uri.host();
        let known = BY_HOST.into_iter().find(|(known, _)| *known == host && !redirect_uri.is_loopback());
        known.map(|(_, client)| client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_is_known_by_its_exact_host_only() {
        for (uri, known) in [
            ("https://claude.ai/api/mcp/auth_callback", Some(CLAUDE)),
            ("https://chatgpt.com/connector/oauth/abc", Some(CHATGPT)),
            ("https://evil.claude.ai/cb", None),
            ("https://claude.ai.evil.example/cb", None),
            ("https://evil.example/claude.ai", None),
            ("http://localhost/callback", None),
            ("cursor://anysphere.cursor-mcp/oauth/callback", None),
        ] {
            assert_eq!(KnownClient::at(&uri.parse().expect("valid")), known, "{uri}");
        }
    }
}
