//! Words for a state, such as living in a place, and for its changes, such as moving: the answer to "where do I live" is
//! often told as a change. In the languages of the pages.

include!("life_states.rs");
// The states by the stems of their words and changes, sorted.
include!(concat!(env!("OUT_DIR"), "/state_stems.rs"));
// The stems of the words in turns.txt, which tell that a fact has changed, sorted.
include!(concat!(env!("OUT_DIR"), "/turn_stems.rs"));

/// The number of the state that a word or stem is about.
pub(crate) fn state_of(stem: &str) -> Option<usize> {
    BY_STEM.binary_search_by_key(&stem, |(stem, _)| stem).ok().map(|at| BY_STEM[at].1)
}

/// `true` for a term before that of another fact of its kind: "the new manager".
pub(crate) fn is_new(term: &str) -> bool {
    ["new", "neu"].contains(&term)
}

/// `true` for a term that tells that a fact has changed.
pub(crate) fn tells_turn(term: &str) -> bool {
    TURN_STEMS.binary_search(&term).is_ok()
}

/// The words for changes of the state that a word is about.
pub(crate) fn changes_of(word: &str) -> &'static [&'static str] {
    STATES.iter().find(|state| state.words.contains(&word)).map_or(&[], |state| state.changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SE-15
    #[test]
    fn state_has_its_changes() {
        assert_eq!(state_of("live"), state_of("move"));
        assert_eq!(state_of("wohnt"), state_of("umgezogen"));
        assert_ne!(state_of("live"), state_of("job"));
        assert_eq!(state_of("tea"), None);
        assert!(changes_of("live").contains(&"moved"));
        assert!(changes_of("tea").is_empty());
        assert!(["longer", "switch", "quit", "aufgehort"].into_iter().all(tells_turn) && !tells_turn("tea"));
    }
}
