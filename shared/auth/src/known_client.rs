//! Clients that people know, by where their answers go.
//!
//! A client calls itself what it likes. What it can't make up is the host that the code is sent to, over TLS: whoever
//! answers there is who the host belongs to. An app on a computer proves nothing of the kind, whatever it is called.

use crate::redirect_uri::RedirectUri;

/// A client, as its maker calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownClient {
    /// Its name.
    pub name: &'static str,
    /// Who makes it.
    pub maker: &'static str,
}

const CLAUDE: KnownClient = KnownClient { name: "Claude", maker: "Anthropic" };
const CHATGPT: KnownClient = KnownClient { name: "ChatGPT", maker: "OpenAI" };
const VSCODE: KnownClient = KnownClient { name: "Visual Studio Code", maker: "Microsoft" };
const CURSOR: KnownClient = KnownClient { name: "Cursor", maker: "Anysphere" };

/// Whole hosts: a name below one of them may be somebody else's.
const BY_HOST: [(&str, KnownClient); 6] = [
    ("claude.ai", CLAUDE),
    ("claude.com", CLAUDE),
    ("chatgpt.com", CHATGPT),
    ("vscode.dev", VSCODE),
    ("insiders.vscode.dev", VSCODE),
    ("cursor.com", CURSOR),
];

impl KnownClient {
    /// The client whose answers go there, if it is one of those.
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
    fn a_client_is_known_by_the_whole_host_of_its_answers_and_by_nothing_else() {
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
