//! English.

use super::Texts;

pub(super) static TEXTS: Texts = Texts {
    your_account: "Your account",
    apps: "Apps",
    signed_in_as: "Signed in as",
    sign_out: "Sign out",
    connect: ("To connect an app, add", "to it as an MCP server or connector."),
};
