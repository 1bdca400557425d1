//! Well-known clients, identified by their exact redirect URIs.
//!
//! A client can claim any name, so the name proves nothing. A host that receives the code over TLS does identify its
//! operator, but a path of it can belong to other parties: `vscode.dev/redirect` relays the code to any URI (SR-06).
//! Only addresses at which the vendor's own client takes the code are listed. Native apps cannot be identified this way.
//!
//! The short name of a client is the author of the memories that it writes, so models trust it. [`short_name`] therefore
//! reserves the names of the user and of well-known clients (SR-02).

use std::{collections::BTreeSet, fmt};

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData,
    props::{GeneralCategory, GeneralCategoryGroup, Script},
};
use serde::{Deserialize, Serialize};

use crate::{client::ShortName, redirect_uri::RedirectUri};

/// A well-known client and its vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownClient {
    /// Its name.
    pub name: &'static str,
    /// Its vendor.
    pub maker: &'static str,
    /// Its short name.
    short_name: &'static str,
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

const CLAUDE: KnownClient = KnownClient { name: "Claude", short_name: "claude", maker: "Anthropic" };
const CHATGPT: KnownClient = KnownClient { name: "ChatGPT", short_name: "chatgpt", maker: "OpenAI" };
const CURSOR: KnownClient = KnownClient { name: "Cursor", short_name: "cursor", maker: "Anysphere" };

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

/// The host at which a client takes its code, e.g. `claude.ai`: `localhost` for a program on the user's computer, or the
/// scheme of an app, e.g. `cursor:`. Unlike a name, a client cannot choose it freely.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientHost(String);

impl ClientHost {
    const LOCALHOST: &str = "localhost";

    /// `true` for a program that takes its code on a loopback address.
    pub fn is_loopback(&self) -> bool {
        self.0 == Self::LOCALHOST
    }

    /// `true` if the client runs on the user's computer: a program on a loopback address, or an app with a scheme.
    pub fn is_local(&self) -> bool {
        self.is_loopback() || self.0.ends_with(':')
    }

    /// The host or scheme.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&RedirectUri> for ClientHost {
    fn from(redirect_uri: &RedirectUri) -> Self {
        Self(if redirect_uri.is_loopback() { Self::LOCALHOST.into() } else { redirect_uri.host() })
    }
}

impl fmt::Display for ClientHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The names of products by their short names, which only a client with proof bears.
const PRODUCTS: [(&str, &str); 8] = [
    ("chatgpt", "ChatGPT"),
    ("claude", "Claude"),
    ("claude-code", "Claude Code"),
    ("codex", "Codex"),
    ("copilot-cli", "Copilot CLI"),
    ("cursor", "Cursor"),
    ("gemini-cli", "Gemini CLI"),
    ("vscode", "VS Code"),
];
/// The short name of a client that claims a reserved one without proof.
const UNVERIFIED: &str = "unverified";
/// Names of the user, of this server, and of authors without a client.
const RESERVED: [&str; 17] = [
    "admin",
    "api-key",
    "human",
    "import",
    "jean",
    "jean-memory",
    "key",
    "me",
    "memory",
    "owner",
    "person",
    "system",
    "the-user",
    "this-computer",
    "user",
    "you",
    UNVERIFIED,
];
/// Names of well-known clients and vendors, with the hosts at which a client metadata document gives its client this name.
const VENDORS: [(&str, &[&str]); 11] = [
    ("anthropic", &["anthropic.com"]),
    ("chatgpt", &["chatgpt.com"]),
    ("claude", &["claude.ai", "claude.com"]),
    ("claudeai", &[]),
    ("codex", &[]),
    ("copilot", &[]),
    ("cursor", &["cursor.com"]),
    ("gemini", &[]),
    ("openai", &["openai.com"]),
    ("visual-studio-code", &[]),
    ("vscode", &["vscode.dev"]),
];
/// Programs of vendors that run on the user's computer: the beginning of the claimed name, and the short name.
const LOCAL_PROGRAMS: [(&str, &str); 7] = [
    ("claude-code", "claude-code"),
    ("codex", "codex"),
    ("copilot-cli", "copilot-cli"),
    ("cursor", "cursor"),
    ("gemini-cli", "gemini-cli"),
    ("visual-studio-code", "vscode"),
    ("vscode", "vscode"),
];

/// `true` if the short name is no client's own: clients without Latin letters in their names, or without proof of theirs,
/// share it.
pub fn is_fallback(name: &ShortName) -> bool {
    [ShortName::UNNAMED, UNVERIFIED].contains(&name.as_str())
}

/// The short name that a registered client may bear if its code goes to `redirect_uri`.
///
/// A reserved name needs proof: the exact redirect URI of a well-known client, or, for a program that its vendor offers for
/// the user's computer, a redirect URI there. A client without proof is named `unverified`, and its host stands beside it.
///
/// ```
/// use jean_auth::known_client::short_name;
///
/// let name = |claimed, redirect_uri: &str| short_name(claimed, &redirect_uri.parse().unwrap()).to_string();
/// assert_eq!(name("Claude", "https://claude.ai/api/mcp/auth_callback"), "claude");
/// assert_eq!(name("Claude", "https://app.example/callback"), "unverified");
/// assert_eq!(name("Notes", "https://app.example/callback"), "notes");
/// ```
pub fn short_name(claimed_name: &str, redirect_uri: &RedirectUri) -> ShortName {
    if let Some(known) = KnownClient::at(redirect_uri) {
        return ShortName::of(known.short_name);
    }
    let claimed = ShortName::of(claimed_name);
    if ClientHost::from(redirect_uri).is_local()
        && let Some((_, program)) = LOCAL_PROGRAMS.iter().find(|(program, _)| begins_with(&claimed, program))
    {
        return ShortName::of(program);
    }
    if is_borrowed(claimed_name) { ShortName::of(UNVERIFIED) } else { claimed }
}

/// `true` for the short name of a client that claims a reserved name without proof.
pub fn is_unverified(short_name: &ShortName) -> bool {
    short_name.as_str() == UNVERIFIED
}

/// The name of the product that bears a reserved short name, as its vendor writes it.
pub fn product_name(short_name: &ShortName) -> Option<&'static str> {
    PRODUCTS.iter().find(|(short, _)| *short == short_name.as_str()).map(|(_, name)| *name)
}

/// The short name that a client may bear at one of its redirect URIs. It begins the client id and proves nothing.
pub(crate) fn short_name_of_any(claimed_name: &str, redirect_uris: &[RedirectUri]) -> ShortName {
    let mut names = redirect_uris.iter().map(|redirect_uri| short_name(claimed_name, redirect_uri));
    names.find(|name| !is_unverified(name)).unwrap_or_else(|| ShortName::of(UNVERIFIED))
}

/// The short name of a client whose metadata document `host` publishes, or `unverified` if only another host may bear it.
pub(crate) fn short_name_at(claimed_name: &str, host: &str) -> ShortName {
    let (claimed, host) = (ShortName::of(claimed_name), host.strip_prefix("www.").unwrap_or(host));
    let is_vendor = VENDORS.iter().any(|(name, hosts)| *name == claimed.as_str() && hosts.contains(&host));
    if is_borrowed(claimed_name) && !is_vendor { ShortName::of(UNVERIFIED) } else { claimed }
}

/// `true` if readers would take the name for a reserved one: as it is, without accents and in plain letters, or because other
/// characters stand in for Latin letters.
fn is_borrowed(claimed_name: &str) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new();
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize(claimed_name);
    let plain: String = decomposed.chars().filter(|c| !GeneralCategoryGroup::Mark.contains(category.get(*c))).collect();
    is_reserved(&ShortName::of(claimed_name), str::to_owned)
        || is_reserved(&ShortName::of(&plain), str::to_owned)
        || is_reserved(&ShortName::of(&skeleton(&plain)), skeleton)
        || mixes_alphabets(&plain)
}

/// The characters that readers take for a Latin letter of a reserved name, in lower case, after this letter.
const LOOKALIKES: [(char, &str); 20] = [
    ('a', "аα"),
    ('b', "вβь"),
    ('c', "сϲ"),
    ('d', "ԁ"),
    ('e', "еєε"),
    ('g', "ɡ"),
    ('h', "һн"),
    ('j', "јϳ"),
    ('k', "кκ"),
    ('l', "i1|іιӏ"),
    ('m', "м"),
    ('n', "пη"),
    ('o', "0оο"),
    ('p', "рρ"),
    ('s', "ѕ"),
    ('t', "тτ"),
    ('u', "υս"),
    ('v', "νѵ"),
    ('x', "хχ"),
    ('y', "уγ"),
];

/// The name with one character for all that look alike, by which two names are compared as readers see them (UTS #39 §4).
fn skeleton(name: &str) -> String {
    let letter = |c: char| LOOKALIKES.iter().find(|(_, alike)| alike.contains(c)).map_or(c, |(letter, _)| *letter);
    name.chars().flat_map(char::to_lowercase).map(letter).collect()
}

/// `true` if a word has Latin letters and letters of an alphabet that looks like it (UTS #39 §5.1). Scripts that look
/// different, such as those of Chinese and Japanese, are mixed with Latin letters in earnest.
fn mixes_alphabets(name: &str) -> bool {
    const ALIKE: [Script; 5] = [Script::Armenian, Script::Cherokee, Script::Coptic, Script::Cyrillic, Script::Greek];
    let script = CodePointMapData::<Script>::new();
    name.split(|c: char| !c.is_alphabetic()).any(|word| {
        let scripts: BTreeSet<_> = word.chars().map(|c| script.get(c)).collect();
        scripts.contains(&Script::Latin) && ALIKE.iter().any(|alike| scripts.contains(alike))
    })
}

/// `true` if the whole name is reserved, or has the name of a vendor or product among its words: `my-claude`, and
/// `claudecode-helper` as well as `claude-code-helper`. The reserved names are compared `as_seen`.
fn is_reserved(name: &ShortName, as_seen: impl Fn(&str) -> String) -> bool {
    let joined = name.as_str().replace('-', "");
    let words = format!("-{name}-");
    let vendors = VENDORS.iter().map(|(vendor, _)| *vendor);
    let taken = vendors.chain(PRODUCTS.iter().map(|(product, _)| *product)).flat_map(spellings);
    RESERVED.iter().any(|reserved| as_seen(reserved) == name.as_str())
        || taken.map(|taken| as_seen(&taken)).any(|taken| joined == taken || words.contains(&format!("-{taken}-")))
}

/// A reserved name with hyphens between its words, and without: `claude-code` and `claudecode`.
fn spellings(name: &str) -> [String; 2] {
    [name.into(), name.replace('-', "")]
}

fn begins_with(name: &ShortName, words: &str) -> bool {
    let begins =
        |words: &str| name.as_str().strip_prefix(words).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    spellings(words).iter().any(|words| begins(words))
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

    /// SR-02, SD-04
    #[test]
    fn reserved_name_needs_proof() {
        const CLAUDE_AI: &str = "https://claude.ai/api/mcp/auth_callback";
        const LOCAL: &str = "http://127.0.0.1:49152/callback";
        const APP: &str = "cursor://anysphere.cursor-mcp/oauth/callback";
        const WEB: &str = "https://app.example/callback";
        for (claimed, redirect_uri, name) in [
            ("Claude", CLAUDE_AI, "claude"),
            ("claudeai", CLAUDE_AI, "claude"),
            ("Notes", CLAUDE_AI, "claude"),
            ("ChatGPT", "https://chatgpt.com/connector/oauth/Zr8_kQ-x2", "chatgpt"),
            ("Claude Code (memory)", LOCAL, "claude-code"),
            ("ClaudeCode (memory)", LOCAL, "claude-code"),
            ("GeminiCLI", LOCAL, "gemini-cli"),
            ("Visual Studio Code", LOCAL, "vscode"),
            ("Cursor", APP, "cursor"),
            ("MCP Inspector", LOCAL, "mcp-inspector"),
            ("Claudette", WEB, "claudette"),
            ("Personal notes", WEB, "personal-notes"),
            ("User Research", WEB, "user-research"),
            ("Claude", LOCAL, "unverified"),
            ("Claude", WEB, "unverified"),
            ("Claude Helper", WEB, "unverified"),
            ("Claude Code", WEB, "unverified"),
            ("ClaudeCode", WEB, "unverified"),
            ("Claudecode Helper", WEB, "unverified"),
            ("GeminiCLI", WEB, "unverified"),
            ("CopilotCLI", WEB, "unverified"),
            ("Copilot C.L.I.", WEB, "unverified"),
            ("VisualStudioCode", WEB, "unverified"),
            ("My Visual Studio Code", WEB, "unverified"),
            ("My Claude", WEB, "unverified"),
            ("Clau de", WEB, "unverified"),
            ("CLAUDE!", WEB, "unverified"),
            ("Visual Studio Code", WEB, "unverified"),
            ("Person", WEB, "unverified"),
            ("Person", LOCAL, "unverified"),
            (" user ", LOCAL, "unverified"),
            ("You", APP, "unverified"),
            ("Codex", LOCAL, "codex"),
            ("Codex", WEB, "unverified"),
            ("Jean Memory", WEB, "unverified"),
            ("API key", WEB, "unverified"),
            ("This computer", WEB, "unverified"),
            ("Сlaude", WEB, "unverified"),
            ("Claudе", WEB, "unverified"),
            ("Ｃｌａｕｄｅ", WEB, "unverified"),
            ("CIaude", WEB, "unverified"),
            ("C1aude helper", WEB, "unverified"),
            ("0penAI", WEB, "unverified"),
            ("Соԁех", WEB, "unverified"),
            ("Codecs 101", WEB, "codecs-101"),
            ("Мои заметки", WEB, "app"),
            ("Заметки", WEB, "app"),
        ] {
            let redirect_uri = redirect_uri.parse().expect(redirect_uri);
            assert_eq!(short_name(claimed, &redirect_uri).as_str(), name, "{claimed} at {redirect_uri}");
        }
    }

    /// SR-02
    #[test]
    fn product_name_is_reserved() {
        for (short, name) in PRODUCTS {
            assert_eq!(short_name(name, &"https://app.example/callback".parse().expect("valid")).as_str(), UNVERIFIED);
            assert_eq!(product_name(&ShortName::of(short)), Some(name));
        }
        for known in [CLAUDE, CHATGPT, CURSOR] {
            assert_eq!(product_name(&ShortName::of(known.short_name)), Some(known.name));
        }
    }

    /// SR-02
    #[test]
    fn host_is_the_one_that_takes_the_code() {
        for (redirect_uri, host, is_local) in [
            ("https://claude.ai/api/mcp/auth_callback", "claude.ai", false),
            ("https://localhost.example/callback", "localhost.example", false),
            ("http://localhost:53682/callback", "localhost", true),
            ("http://[::1]:53682/callback", "localhost", true),
            ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor:", true),
        ] {
            let shown = ClientHost::from(&redirect_uri.parse().expect(redirect_uri));
            assert_eq!((shown.as_str(), shown.is_local()), (host, is_local), "{redirect_uri}");
        }
    }
}
