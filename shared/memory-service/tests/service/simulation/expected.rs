//! The memories of the simulation, and the times at which they may exist.

use jean_memory::MemoryId;

/// The start and end of an operation, and whether it was acknowledged. An unacknowledged operation may have been
/// applied by its end, but is not applied later.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) began: u64,
    pub(super) ended: u64,
    pub(super) acknowledged: bool,
}

/// A memory or document to be stored.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    pub(super) user: usize,
    pub(super) id: Option<MemoryId>,
    pub(super) pieces: usize,
    /// The creation, and each change. Each text contains the word `w{entry}v{version}`, and every text contains "tea".
    pub(super) versions: Vec<Span>,
    pub(super) deletions: Vec<Span>,
}

impl Expected {
    pub(super) fn is_surely_there(&self, from: u64, to: u64) -> bool {
        let added = self.versions[0];
        added.acknowledged && added.ended < from && self.deletions.iter().all(|deletion| deletion.began > to)
    }

    /// `restorations` are those of the user.
    pub(super) fn is_surely_gone(&self, from: u64, to: u64, restorations: &[Span]) -> bool {
        let added = self.versions[0].ended;
        let may_be_undone =
            |deletion: &Span| restorations.iter().any(|undo| undo.ended > deletion.began && undo.began < to);
        let with_faults = |deletion: &Span| deletion.acknowledged && deletion.began > added && deletion.ended < from;
        self.deletions.iter().any(|deletion| with_faults(deletion) && !may_be_undone(deletion))
    }

    /// `true` if an observer between these times may have seen this version.
    pub(super) fn may_read(&self, version: usize, from: u64, to: u64) -> bool {
        let this = self.versions[version];
        let replaced = |later: &Span| later.acknowledged && later.began > this.ended && later.ended < from;
        this.began < to && !self.versions.iter().any(replaced)
    }

    /// The version that was current for all of that time, if it is certain.
    pub(super) fn sure_version(&self, from: u64, to: u64) -> Option<usize> {
        let begun = self.versions.iter().take_while(|version| version.began <= to).count();
        let last = begun.checked_sub(1)?;
        let this = self.versions[last];
        let settled = self.versions[..last].iter().all(|before| before.ended < this.began);
        (this.acknowledged && this.ended < from && settled).then_some(last)
    }
}
