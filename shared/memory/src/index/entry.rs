//! What is indexed of one memory.

use jiff::Timestamp;

/// What a memory is found by. What the memory itself says stays where it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The memory's id, as a number.
    pub id: u128,
    /// All the words it can be found by, see [`indexed_text`](super::indexed_text()).
    pub text: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// When what it tells of happened, or else when it was written down.
    pub at: Timestamp,
    /// The client that wrote it; empty, if it proved none.
    pub client: String,
    /// The grant, or the API key, it was written under.
    pub grant: String,
}

/// What a memory is filed under. It stands among the terms, as a word that no text has: a control character begins it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Label<'a> {
    Tag(&'a str),
    Client(&'a str),
    Grant(&'a str),
}

/// What the term of each grant begins with.
pub(crate) const GRANT: &str = "\u{3}";

impl Label<'_> {
    /// Its term. The case of tags makes no difference: nobody remembers theirs.
    pub(crate) fn term(self) -> String {
        match self {
            Self::Tag(tag) => format!("\u{1}{}", tag.trim().to_lowercase()),
            Self::Client(client) => format!("\u{2}{client}"),
            Self::Grant(grant) => format!("{GRANT}{grant}"),
        }
    }
}

impl Entry {
    /// The terms of its labels.
    pub(crate) fn labels(&self) -> impl Iterator<Item = String> {
        let tags = self.tags.iter().map(|tag| Label::Tag(tag));
        tags.chain([Label::Client(&self.client), Label::Grant(&self.grant)]).map(Label::term)
    }
}
