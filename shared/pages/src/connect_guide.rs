//! Instructions to connect each client, on the start page and on the account page.

use askama::Template;
use base64::{Engine, engine::general_purpose::STANDARD};
use jean_auth::public_url::PublicUrl;
use url::form_urlencoded::byte_serialize;

use crate::Texts;

/// The name under which clients add the server.
const NAME: &str = "memory";

/// The instructions, as a part of a page.
#[derive(Template)]
#[template(path = "connect_guide.html")]
pub struct ConnectGuide<'a> {
    texts: Texts,
    mcp_url: &'a str,
    clients: Vec<ClientGuide>,
}

/// The instructions for one client.
struct ClientGuide {
    name: &'static str,
    /// The beginning of the short names of its grants.
    short_name: &'static str,
    steps: String,
    /// Commands and configuration to copy.
    code: Vec<String>,
    /// A link that the client opens to add the server.
    install: Option<String>,
    is_connected: bool,
}

impl<'a> ConnectGuide<'a> {
    /// The instructions for a server, with a mark at the clients of the connected apps, given by their short names.
    pub fn new<'b>(texts: Texts, public_url: &'a PublicUrl, connected: impl Iterator<Item = &'b str> + Clone) -> Self {
        let mcp_url = public_url.mcp();
        let mut clients = Self::clients(texts, public_url);
        // `claude-code` is not a connection of Claude.
        for name in connected {
            let named = clients.iter_mut().filter(|client| name.starts_with(client.short_name));
            if let Some(client) = named.max_by_key(|client| client.short_name.len()) {
                client.is_connected = true;
            }
        }
        Self { texts, mcp_url, clients }
    }

    fn clients(texts: Texts, public_url: &PublicUrl) -> Vec<ClientGuide> {
        let url = public_url.mcp();
        let of_the_web = |name, short_name, steps: &str| {
            let steps = if public_url.is_https() { steps.into() } else { texts.connect_needs_https(name) };
            ClientGuide { name, short_name, steps, code: vec![], install: None, is_connected: false }
        };
        let of_the_terminal = |name, short_name, code: Vec<String>| {
            let steps = texts.connect_terminal().into();
            ClientGuide { name, short_name, steps, code, install: None, is_connected: false }
        };
        let with_link = |name, short_name, file, install: String, code| {
            let steps = texts.connect_file(file);
            ClientGuide { name, short_name, steps, code: vec![code], install: Some(install), is_connected: false }
        };
        let server = format!(r#"{{"url":"{url}"}}"#);
        let remote = format!(r#"{{"mcpServers":{{"{NAME}":{{"command":"npx","args":["-y","mcp-remote","{url}"]}}}}}}"#);
        let vs_code: String =
            byte_serialize(format!(r#"{{"name":"{NAME}","type":"http","url":"{url}"}}"#).as_bytes()).collect();
        let cursor: String = byte_serialize(STANDARD.encode(&server).as_bytes()).collect();
        vec![
            of_the_web("Claude", "claude", texts.connect_claude()),
            of_the_terminal(
                "Claude Code",
                "claude-code",
                vec![
                    format!("claude mcp add --scope user --transport http {NAME} {url}"),
                    format!("claude mcp login {NAME}"),
                ],
            ),
            of_the_web("ChatGPT", "chatgpt", texts.connect_chatgpt()),
            of_the_terminal("Codex", "codex", vec![format!("codex mcp add {NAME} --url {url}")]),
            with_link(
                "Cursor",
                "cursor",
                "~/.cursor/mcp.json",
                format!("cursor://anysphere.cursor-deeplink/mcp/install?name={NAME}&config={cursor}"),
                format!(r#"{{"mcpServers":{{"{NAME}":{server}}}}}"#),
            ),
            with_link(
                "VS Code",
                "visual-studio-code",
                ".vscode/mcp.json",
                format!("vscode:mcp/install?{vs_code}"),
                format!(r#"{{"servers":{{"{NAME}":{{"type":"http","url":"{url}"}}}}}}"#),
            ),
            of_the_terminal(
                "Gemini CLI",
                "gemini",
                vec![format!("gemini mcp add --scope user --transport http {NAME} {url}"), format!("/mcp auth {NAME}")],
            ),
            ClientGuide {
                name: texts.connect_other(),
                short_name: "mcp-remote",
                steps: texts.connect_remote().into(),
                code: vec![remote],
                install: None,
                is_connected: false,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;

    fn guide(url: &str, connected: &[&str]) -> String {
        let url: PublicUrl = url.parse().expect("valid");
        ConnectGuide::new(Texts::of(Language::En), &url, connected.iter().copied()).render().expect("renders")
    }

    #[test]
    fn connected_clients_are_marked_by_their_longest_name() {
        let marked = |connected: &[&str]| {
            let html = guide("https://memory.example.com", connected);
            let summaries = html.split("<summary>").skip(1);
            let marked = summaries.filter(|rest| rest.split("</summary>").next().expect("one").contains("badge"));
            marked.map(|rest| rest.split([' ', '<']).next().expect("a name").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(marked(&[]), Vec::<String>::new());
        assert_eq!(marked(&["claude"]), ["Claude"]);
        let html = guide("https://memory.example.com", &["claude-code", "codex", "evil"]);
        assert_eq!(html.matches("badge").count(), 2);
        assert_eq!(marked(&["cursor", "cursor"]), ["Cursor"]);
    }

    #[test]
    fn cloud_apps_are_told_that_they_cannot_reach_this_computer() {
        assert_eq!(guide("http://localhost:3000", &[]).matches("cannot reach this computer").count(), 2);
        assert!(!guide("https://memory.example.com", &[]).contains("cannot reach this computer"));
    }

    #[test]
    fn install_links_carry_the_url() {
        let html = guide("http://localhost:3000", &[]);
        let (_, link) = html.split_once("config=").expect("Cursor's link");
        let config: String = link.chars().take_while(|c| *c != '"').collect();
        let config: String = url::form_urlencoded::parse(format!("c={config}").as_bytes()).map(|(_, v)| v).collect();
        let config = STANDARD.decode(config).expect("Base64");
        assert_eq!(config, br#"{"url":"http://localhost:3000/mcp"}"#);
        assert!(html.contains("vscode:mcp/install?%7B%22name%22%3A%22memory%22"), "{html}");
    }
}
