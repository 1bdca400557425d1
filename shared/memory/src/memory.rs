//! Memories and pieces of documents.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{MemoryId, OccurredAt, Writer};

/// A memory, as stored and as returned to clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The id.
    pub id: MemoryId,
    /// The text.
    pub text: String,
    /// The tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The web page that it is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// The time of the event that it describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<OccurredAt>,
    /// The creation time.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    /// The author.
    pub written_by: Writer,
    /// The time of the last change.
    #[serde(with = "jiff::fmt::serde::timestamp::second::optional", default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// The author of the last change, perhaps of the current text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<Writer>,
    /// The place in a document, if it is a piece of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Piece>,
}

/// A memory's place in a document. The pieces of a document have consecutive ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The id of the document, which is the id of its first piece.
    pub id: MemoryId,
    /// The title of the document.
    pub title: String,
    /// The number of the piece, from 1.
    pub part: u32,
    /// The number of pieces of the document.
    pub parts: u32,
}
