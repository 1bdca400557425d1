//! German.

use super::Texts;

pub(super) static TEXTS: Texts = Texts {
    your_account: "Ihr Konto",
    apps: "Apps",
    signed_in_as: "Angemeldet als",
    sign_out: "Abmelden",
    connect: ("Um eine App zu verbinden, fügen Sie ihr", "als MCP-Server oder Konnektor hinzu."),
};
