//! Ids of writes.

use std::{fmt, str::FromStr};

use jean_memory::{MalformedId, MemoryId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A unique id of a change record, a segment or a version of the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Opstamp(MemoryId);

impl Opstamp {
    /// Creates a stamp: 48 bits of time, 80 bits of randomness.
    pub fn new(now: Timestamp, entropy: [u8; 10]) -> Self {
        Self(MemoryId::new(now, entropy))
    }

    /// The stamp `places` after this one, for one of several writes of an operation.
    #[must_use]
    pub fn plus(self, places: u32) -> Self {
        Self(self.0.plus(places))
    }

    /// The creation time, by the clock of the writer.
    pub fn created_at(self) -> Timestamp {
        self.0.created_at()
    }
}

impl fmt::Display for Opstamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Opstamp {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, MalformedId> {
        text.parse().map(Self)
    }
}
