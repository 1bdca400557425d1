//! The searchable form of a memory.

use jiff::Timestamp;

use super::analysis::normal::normal_form;

/// The terms and attributes that a memory is found by. The memory itself is not stored in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The memory's id, as a number.
    pub id: u128,
    /// The text to index, see [`indexed_text`](super::indexed_text()).
    pub text: String,
    /// Its date in words. They are searched but have no share in its vector: they are not what the memory is about.
    pub date: String,
    /// The end of the previous piece of its document. Its words count half.
    pub previous: String,
    /// The tags.
    pub tags: Vec<String>,
    /// The event time, or the creation time if there is none.
    pub at: Timestamp,
    /// The client that wrote it; empty if the credential identifies none.
    pub client: String,
    /// The grant or API key that it was written under.
    pub grant: String,
    /// The bytes of the memory's text.
    pub bytes: u32,
}

/// An attribute, indexed as a term. Its control-character prefix cannot occur in a word.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Label<'a> {
    Tag(&'a str),
    Client(&'a str),
    Grant(&'a str),
}

/// The term of every document, whose count is the number of bytes of its text. It sorts first.
pub(crate) const BYTES: &str = "\u{0}";
/// The prefix of client labels.
pub(crate) const CLIENT: &str = "\u{2}";
/// The prefix of grant labels.
pub(crate) const GRANT: &str = "\u{3}";

impl Label<'_> {
    /// The term of the label. The case of tags is ignored.
    pub(crate) fn term(self) -> String {
        match self {
            Self::Tag(tag) => format!("\u{1}{}", normal_form(tag.trim())),
            Self::Client(client) => format!("{CLIENT}{client}"),
            Self::Grant(grant) => format!("{GRANT}{grant}"),
        }
    }
}

impl Entry {
    /// The terms of the labels.
    pub(crate) fn labels(&self) -> impl Iterator<Item = String> {
        let tags = self.tags.iter().map(|tag| Label::Tag(tag));
        tags.chain([Label::Client(&self.client), Label::Grant(&self.grant)]).map(Label::term)
    }
}
