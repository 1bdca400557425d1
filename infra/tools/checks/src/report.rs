//! The outcome of a check.

/// Text for the terminal, and the violations of a rule. A check without violations has passed.
#[derive(Debug, Default)]
pub(crate) struct CheckReport {
    /// Printed in any case.
    pub(crate) text: String,
    /// One per line or block.
    pub(crate) violations: Vec<String>,
}
