//! The phases of a function: initialisation, first request, warm requests.

/// The costs of one phase, reproducible to half a per cent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PhaseCounts {
    pub(crate) instructions: u64,
    pub(crate) system_calls: u64,
    /// Calls to AWS.
    pub(crate) calls: u64,
}

/// Counts of the initialisation, the first request, and the mean of the repeated requests after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Phases {
    pub(crate) init: PhaseCounts,
    pub(crate) first: PhaseCounts,
    pub(crate) warm: PhaseCounts,
}
