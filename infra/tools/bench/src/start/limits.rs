//! Cost limits of the functions, which release builds must meet, so that no cost grows unnoticed.

use std::fmt;

use super::phases::Phases;

const K: u64 = 1_000;
const M: u64 = 1_000 * K;

/// Instructions of the initialisation, which fetches the secret and connects to DynamoDB: two TLS handshakes.
const INIT: u64 = 8_500 * K;
/// Instructions of a first request with at most one AWS call, and of each further call.
const FIRST: u64 = 1_300 * K;
const FURTHER: u64 = 900 * K;
/// System calls of a warm request with at most one AWS call, and of each further call.
const SYSTEM_CALLS: u64 = 15;
const FURTHER_SYSTEM_CALLS: u64 = 6;
/// Instructions that no phase of any function may reach, except password hashing. At one instruction per nanosecond, which
/// every processor of Lambda exceeds, they take 20 ms of one core: the limit of a request without credentials (SR-01).
const DEFECT: u64 = 20 * M;
/// Instructions of a request with the largest event.
const EVENT: u64 = 23 * M;
/// Instructions of a request with an event of a million control characters. Each is an escape of six bytes, of which scanning
/// takes 77 instructions and 13 ns.
const ESCAPES: u64 = 80 * M;
/// Memory in kB, without and with password hashing.
const RESIDENT: u64 = 12 * 1024;
const RESIDENT_WITH_HASH: u64 = 40 * 1024;
/// Size of a binary in bytes, and the additional size of the word vectors in functions that search.
const BINARY: u64 = 9 * M;
const WORD_VECTORS: u64 = 6_030 * K;

const INIT_INSTRUCTIONS: &str = "instructions of the init";
const FIRST_INSTRUCTIONS: &str = "instructions of the first request";
const WARM_INSTRUCTIONS: &str = "instructions of a warm request";
const WARM_SYSTEM_CALLS: &str = "system calls of a warm request";
const MEMORY: &str = "kB of memory";
const SIZE: &str = "bytes of the binary";

/// Known violations: function, limit, and the figure that it must not exceed meanwhile. RESULTS.md gives the reasons.
const KNOWN_VIOLATIONS: [(&str, &str, u64); 10] = [
    ("AuthorizeFunction", WARM_INSTRUCTIONS, 945 * K),
    ("AuthorizeFunction", WARM_SYSTEM_CALLS, 16),
    ("AuthorizeFunction", SIZE, 9_900 * K),
    ("AccountFunction", MEMORY, 13_500),
    ("AccountFunction", SIZE, 20_550 * K),
    ("MaintainFunction", SIZE, 31_500 * K),
    ("McpFunction", FIRST_INSTRUCTIONS, 5_900 * K),
    ("McpFunction", WARM_SYSTEM_CALLS, 16),
    ("McpFunction", MEMORY, 17_500),
    ("McpFunction", SIZE, 23_700 * K),
];

/// A figure above its limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exceeded {
    what: &'static str,
    is: u64,
    limit: u64,
}

impl Exceeded {
    /// `true` for a known violation within its recorded figure.
    pub(crate) fn is_known(&self, function: &str) -> bool {
        let known =
            |(of, what, at_most): &(&str, &str, u64)| *of == function && *what == self.what && self.is <= *at_most;
        KNOWN_VIOLATIONS.iter().any(known)
    }
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}, limit {}", self.what, self.is, self.limit)
    }
}

/// The limits of one kind of request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Instructions of a first request with at most one AWS call.
    first: u64,
    /// Instructions of a warm request per AWS call, or in all if it makes none.
    warm: Option<u64>,
    /// `true` if a password is hashed.
    hashes: bool,
    system_calls: u64,
    /// Instructions that neither a first nor a warm request may reach.
    defect: u64,
    resident: u64,
    binary: u64,
}

impl Limits {
    const PLAIN: Self = Self {
        first: FIRST,
        warm: None,
        hashes: false,
        system_calls: SYSTEM_CALLS,
        defect: DEFECT,
        resident: RESIDENT,
        binary: BINARY,
    };
    pub(crate) const DISCOVERY: Self = Self { warm: Some(230 * K), ..Self::PLAIN };
    pub(crate) const ABOUT: Self = Self::PLAIN;
    pub(crate) const REGISTER: Self = Self { warm: Some(520 * K), ..Self::PLAIN };
    pub(crate) const AUTHORIZE: Self = Self { warm: Some(900 * K), resident: RESIDENT_WITH_HASH, ..Self::PLAIN };
    pub(crate) const PASSWORD: Self = Self { warm: None, hashes: true, ..Self::AUTHORIZE };
    pub(crate) const FEDERATE: Self = Self::PLAIN;
    pub(crate) const TOKEN: Self = Self { warm: Some(620 * K), ..Self::PLAIN };
    pub(crate) const MCP: Self = Self { warm: Some(640 * K), binary: BINARY + WORD_VECTORS, ..Self::PLAIN };
    pub(crate) const SEARCH: Self = Self { warm: None, ..Self::MCP };
    pub(crate) const ACCOUNT: Self = Self::SEARCH;
    /// Size and memory are those of other rows. A large body takes many system calls.
    pub(crate) const ANONYMOUS: Self =
        Self { first: DEFECT, system_calls: u64::MAX / 2, resident: u64::MAX, binary: u64::MAX, ..Self::PLAIN };
    /// An event of 6 MB, which is scanned before the function can refuse the body, at 3.5 instructions a byte.
    pub(crate) const LARGEST_EVENT: Self = Self { first: EVENT, defect: EVENT, ..Self::ANONYMOUS };
    /// An event of 6 MB that consists of escapes, as many as are scanned.
    pub(crate) const ESCAPED_EVENT: Self = Self { first: ESCAPES, defect: ESCAPES, ..Self::ANONYMOUS };
    /// The rotation connects when it is invoked, since no user waits for it.
    pub(crate) const ROTATE: Self = Self { first: FIRST + INIT, ..Self::PLAIN };
    /// The maintenance likewise.
    pub(crate) const MAINTAIN: Self = Self { binary: BINARY + WORD_VECTORS, ..Self::ROTATE };

    /// Returns the figures above their limits.
    pub(crate) fn exceeded(&self, phases: &Phases, resident: u64, binary: u64) -> Vec<Exceeded> {
        let Phases { init, first, warm } = phases;
        let mut over = Vec::new();
        let mut check = |what, is, limit| {
            if is > limit {
                over.push(Exceeded { what, is, limit });
            }
        };
        let further = |calls: u64| calls.saturating_sub(1);
        check(INIT_INSTRUCTIONS, init.instructions, INIT);
        if !self.hashes {
            check(FIRST_INSTRUCTIONS, first.instructions, self.first + further(first.calls) * FURTHER);
            check(FIRST_INSTRUCTIONS, first.instructions, self.defect);
            check(WARM_INSTRUCTIONS, warm.instructions, self.defect);
        }
        if let Some(limit) = self.warm {
            check(WARM_INSTRUCTIONS, warm.instructions, limit * warm.calls.max(1));
        }
        let limit = self.system_calls + further(warm.calls) * FURTHER_SYSTEM_CALLS;
        check(WARM_SYSTEM_CALLS, warm.system_calls, limit);
        check(MEMORY, resident, self.resident);
        check(SIZE, binary, self.binary);
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::start::phases::PhaseCounts;

    fn counts(instructions: u64, calls: u64) -> PhaseCounts {
        PhaseCounts { instructions, system_calls: SYSTEM_CALLS, calls }
    }

    fn phases(warm: PhaseCounts) -> Phases {
        Phases { init: counts(INIT, 4), first: counts(FIRST, 1), warm }
    }

    fn exceeded(limits: Limits, phases: &Phases) -> Vec<&'static str> {
        limits.exceeded(phases, RESIDENT, BINARY).iter().map(|exceeded| exceeded.what).collect()
    }

    #[test]
    fn only_figures_above_their_limits_are_reported() {
        assert!(exceeded(Limits::TOKEN, &phases(counts(620 * K, 1))).is_empty());
        assert_eq!(exceeded(Limits::TOKEN, &phases(counts(620 * K + 1, 1))), [WARM_INSTRUCTIONS]);
        assert!(exceeded(Limits::TOKEN, &phases(counts(1240 * K, 2))).is_empty());
        assert_eq!(exceeded(Limits::DISCOVERY, &phases(counts(230 * K + 1, 0))), [WARM_INSTRUCTIONS]);
        let slow = Phases { init: counts(INIT + 1, 4), ..phases(counts(0, 1)) };
        assert_eq!(exceeded(Limits::SEARCH, &slow), [INIT_INSTRUCTIONS]);
        let defect = phases(counts(DEFECT + 1, 30));
        assert_eq!(exceeded(Limits::SEARCH, &defect), [WARM_INSTRUCTIONS]);
        assert!(exceeded(Limits::PASSWORD, &defect).is_empty());
        let [memory, size] = Limits::TOKEN.exceeded(&phases(counts(0, 1)), RESIDENT + 1, BINARY + 1)[..] else {
            panic!("both are reported")
        };
        assert_eq!((memory.what, size.what), (MEMORY, SIZE));
    }

    #[test]
    fn known_violations_must_not_grow() {
        for (function, what, at_most) in KNOWN_VIOLATIONS {
            let exceeded = |is| Exceeded { what, is, limit: 0 };
            assert!(exceeded(at_most).is_known(function));
            assert!(!exceeded(at_most + 1).is_known(function));
            assert!(!exceeded(at_most).is_known("DiscoveryFunction"));
        }
    }
}
