//! The kinds of background maintenance that a simulation runs with.

/// The background maintenance during a simulation. Requests also take steps themselves.
#[derive(Debug, Clone, Copy)]
pub(super) enum Maintenance {
    /// None.
    Stopped,
    /// Seconds after the last run.
    Running,
    /// Three runs at once.
    Duplicated,
    /// Minutes after the last run.
    Delayed,
}

impl Maintenance {
    pub(super) const ALL: [Self; 4] = [Self::Stopped, Self::Running, Self::Duplicated, Self::Delayed];

    /// The runs at once, and the longest pause before them in milliseconds.
    pub(super) fn runs(self) -> Option<(usize, u64)> {
        match self {
            Self::Stopped => None,
            Self::Running => Some((1, 5_000)),
            Self::Duplicated => Some((3, 5_000)),
            Self::Delayed => Some((1, 300_000)),
        }
    }
}
