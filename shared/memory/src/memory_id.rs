//! Memory ids.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// The id of a memory: a [ULID](https://github.com/ulid/spec), which sorts by creation time, e.g.
/// `01J9ZQ4T5N8M2X7R3K6W1V0YBC`.
///
/// ```
/// use jean_memory::MemoryId;
///
/// let id: MemoryId = "01J9ZQ4T5N8M2X7R3K6W1V0YBC".parse()?;
/// assert_eq!(id.created_at().to_string(), "2024-10-12T06:37:37.333Z");
/// assert!(id < id.plus(1));
/// assert!("not an id".parse::<MemoryId>().is_err());
/// # Ok::<(), jean_memory::MalformedId>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MemoryId(Ulid);

impl MemoryId {
    /// Creates an id: 48 bits of time, 80 bits of randomness.
    pub fn new(now: Timestamp, entropy: [u8; 10]) -> Self {
        let random = entropy.iter().fold(0, |bits, byte| bits << 8 | u128::from(*byte));
        // Times before 1970 are clamped.
        Self(Ulid::from_parts(now.as_millisecond().try_into().unwrap_or_default(), random))
    }

    /// The creation time, in whole milliseconds.
    pub fn created_at(self) -> Timestamp {
        let milliseconds = self.0.timestamp_ms().try_into().unwrap_or(i64::MAX);
        Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
    }

    /// The id as a number, in the same order.
    pub fn to_u128(self) -> u128 {
        self.0.0
    }

    /// The id `places` after this one.
    pub fn plus(self, docs: u32) -> Self {
        Self(Ulid(self.0.0.saturating_add(docs.into())))
    }
}

impl fmt::Display for MemoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<MemoryId> for String {
    fn from(id: MemoryId) -> Self {
        id.to_string()
    }
}

impl From<u128> for MemoryId {
    fn from(number: u128) -> Self {
        Self(Ulid(number))
    }
}

/// The error for a text that is not a memory id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a memory id of 26 letters and digits, such as 01J9ZQ4T5N8M2X7R3K6W1V0YBC")]
pub struct MalformedId;

impl FromStr for MemoryId {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, MalformedId> {
        // More than 128 bits: the crate would drop the first of them.
        if text.starts_with(|first| first > '7') {
            return Err(MalformedId);
        }
        Ulid::from_string(text).map(Self).map_err(|_| MalformedId)
    }
}

impl TryFrom<String> for MemoryId {
    type Error = MalformedId;

    fn try_from(text: String) -> Result<Self, MalformedId> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_sorts_by_time_and_round_trips() {
        let id = |second, byte| MemoryId::new(Timestamp::from_second(second).expect("in range"), [byte; 10]);
        assert!(id(1, 0xff) < id(2, 0));
        assert!(id(1, 0xff).to_string() < id(2, 0).to_string());
        assert!(id(1, 7) < id(1, 7).plus(1) && id(1, 7).plus(1) < id(1, 7).plus(2));
        assert_eq!(id(1_800_000_000, 7).to_string().parse(), Ok(id(1_800_000_000, 7)));
        assert_eq!("7ZZZZZZZZZZZZZZZZZZZZZZZZZ".parse(), Ok(MemoryId::from(u128::MAX)));
        for text in
            ["", "01J9Z", "01J9ZQ4T5N8M2X7R3K6W1V0YB#", "MEMORY#01J9ZQ4T5N8M2X7R3K6", "ZZZZZZZZZZZZZZZZZZZZZZZZZZ"]
        {
            assert_eq!(text.parse::<MemoryId>(), Err(MalformedId), "{text}");
        }
    }
}
