//! What a function may cost. A release build is checked against these figures, so that none grows unseen.

use super::measure::Phases;

const K: u64 = 1_000;
const M: u64 = 1_000 * K;

/// Of the init, in instructions: it fetches the secret and opens the connection to DynamoDB, two handshakes of TLS.
const INIT: u64 = 9_500 * K;
/// Of a first request with one call of AWS at most, and what each further call may add to it.
const FIRST: u64 = 1_300 * K;
const FURTHER: u64 = 900 * K;
/// Of a warm request: system calls with one call of AWS at most, and what each further call may add to them.
const SYSTEM_CALLS: u64 = 15;
const FURTHER_SYSTEM_CALLS: u64 = 8;
/// No phase of any function may take so many instructions; the hash of a password is what it is.
const DEFECT: u64 = 20 * M;
/// Memory, in kB; and that of a function that hashes.
const RESIDENT: u64 = 12 * 1024;
const RESIDENT_WITH_HASH: u64 = 40 * 1024;
/// The size of a program in bytes, and what the table of word vectors adds to one that searches.
const BINARY: u64 = 9 * M;
const WORD_VECTORS: u64 = 8_400 * K;

/// The limits of one kind of request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Instructions of a warm request for each call of AWS, or for all of it if it makes none.
    warm: Option<u64>,
    /// Whether a password is hashed.
    hashes: bool,
    resident: u64,
    binary: u64,
}

impl Limits {
    const PLAIN: Self = Self { warm: None, hashes: false, resident: RESIDENT, binary: BINARY };
    pub(crate) const DISCOVERY: Self = Self { warm: Some(300 * K), ..Self::PLAIN };
    pub(crate) const ABOUT: Self = Self::PLAIN;
    pub(crate) const REGISTER: Self = Self { warm: Some(900 * K), ..Self::PLAIN };
    pub(crate) const AUTHORIZE: Self =
        Self { warm: Some(900 * K), hashes: false, resident: RESIDENT_WITH_HASH, binary: BINARY };
    pub(crate) const PASSWORD: Self = Self { warm: None, hashes: true, ..Self::AUTHORIZE };
    pub(crate) const TOKEN: Self = Self { warm: Some(900 * K), ..Self::PLAIN };
    pub(crate) const MCP: Self = Self { warm: Some(850 * K), binary: BINARY + WORD_VECTORS, ..Self::PLAIN };
    pub(crate) const SEARCH: Self = Self { warm: None, ..Self::MCP };
    pub(crate) const ACCOUNT: Self = Self::SEARCH;
    pub(crate) const ROTATE: Self = Self::PLAIN;

    /// Says what is over its limit.
    pub(crate) fn exceeded(&self, phases: &Phases, resident: u64, binary: u64) -> Vec<String> {
        let Phases { init, first, warm } = phases;
        let mut over = Vec::new();
        let mut check = |what: &str, is: u64, limit: u64| {
            if is > limit {
                over.push(format!("{what}: {is}, more than {limit}"));
            }
        };
        let further = |calls: u64| calls.saturating_sub(1);
        check("instructions of the init", init.instructions, INIT);
        if !self.hashes {
            check("instructions of the first request", first.instructions, FIRST + further(first.calls) * FURTHER);
            check("instructions of the first request", first.instructions, DEFECT);
            check("instructions of a warm request", warm.instructions, DEFECT);
        }
        if let Some(limit) = self.warm {
            check("instructions of a warm request", warm.instructions, limit * warm.calls.max(1));
        }
        let limit = SYSTEM_CALLS + further(warm.calls) * FURTHER_SYSTEM_CALLS;
        check("system calls of a warm request", warm.system_calls, limit);
        check("kB of memory", resident, self.resident);
        check("bytes of the program", binary, self.binary);
        over
    }
}
