//! English.

use super::Texts;

pub(super) static TEXTS: Texts = Texts {
    about: "About",
    title: "One memory for all your assistants",
    add: "Add this address to your assistant as an MCP server, or custom connector, and sign in when it asks:",
    in_claude_code: "In Claude Code:",
    shared: "Whatever one assistant remembers for you, every other you connect can look up. You say which may, each time \
             one asks.",
};
