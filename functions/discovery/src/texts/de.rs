//! German.

use super::Texts;

pub(super) static TEXTS: Texts = Texts {
    about: "Worum es geht",
    title: "Ein Gedächtnis für alle Ihre Assistenten",
    add: "Fügen Sie diese Adresse in Ihrem Assistenten als MCP-Server oder eigenen Konnektor hinzu, und melden Sie sich an, \
          wenn er danach fragt:",
    in_claude_code: "In Claude Code:",
    shared: "Was sich ein Assistent für Sie merkt, kann jeder andere nachschlagen, den Sie verbinden. Sie entscheiden jedes \
             Mal, wenn einer fragt.",
};
