//! Faults of store calls.

use jean_testing::faulty_store::{Fate, Passage};
use std::time::Duration;

/// The result of one store call, and of all calls after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) first: Fate,
    pub(super) then: Fate,
}

/// Either one call fails and the SDK's retry succeeds, or all later calls fail too.
pub(super) const FAULTS: [Fault; 6] = [
    Fault { first: Fate::Throttled, then: Fate::Done },
    Fault { first: Fate::Cut, then: Fate::Done },
    Fault { first: Fate::Conflict, then: Fate::Conflict },
    Fault { first: Fate::Cut, then: Fate::Failed },
    Fault { first: Fate::Hangs, then: Fate::Hangs },
    Fault { first: Fate::Garbled, then: Fate::Garbled },
];

/// The network to the store, with at most one fault.
#[derive(Default)]
pub(super) struct Weather {
    pub(super) calls: usize,
    pub(super) trouble: Option<(usize, Fault)>,
}

impl Weather {
    pub(super) fn passage(&mut self) -> Passage {
        let call = self.calls;
        self.calls += 1;
        let fate = match self.trouble {
            Some((at, fault)) if call == at => fault.first,
            Some((at, fault)) if call > at => fault.then,
            _ => Fate::Done,
        };
        Passage { there: Duration::ZERO, fate, back: Duration::ZERO }
    }
}
