//! The completion of operations on many memories.

/// The completion of an operation that stops when its time is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    /// Nothing is left to do.
    Finished,
    /// The time was up. The same operation again does the rest.
    OutOfTime,
}

impl Completion {
    /// `true` if nothing is left to do.
    pub fn is_finished(self) -> bool {
        self == Self::Finished
    }
}
