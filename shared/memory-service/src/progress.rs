//! The progress of operations on many memories.

/// The progress of an operation that stops when its time is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is left to do.
    Finished,
    /// The time was up. The same operation again does the rest.
    OutOfTime,
}

impl Progress {
    /// `true` if nothing is left to do.
    pub fn is_finished(self) -> bool {
        self == Self::Finished
    }
}
