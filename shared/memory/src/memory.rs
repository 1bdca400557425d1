//! A memory and its place in a document.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{MemoryId, OccurredAt, Writer};

/// One memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Its id.
    pub id: MemoryId,
    /// What is remembered.
    pub text: String,
    /// What it is filed under.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Where it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// When what it tells of happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<OccurredAt>,
    /// When it was written down.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    /// Who wrote it down.
    pub written_by: Writer,
    /// When it was last changed, if it was.
    #[serde(with = "jiff::fmt::serde::timestamp::second::optional", default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Who changed it last: the words may be theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<Writer>,
    /// The document it is a piece of, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Piece>,
}

/// Where in a document a memory stands. The ids of a document's pieces follow one another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The document: the id of its first piece.
    pub id: MemoryId,
    /// What it is called.
    pub title: String,
    /// Which piece it is, from 1 on.
    pub part: u32,
    /// How many there are.
    pub parts: u32,
}
