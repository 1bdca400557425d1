//! Words for a state, such as living in a place, and for its changes, such as moving: the answer to "where do I live" is
//! often told as a change. In the languages of the pages.

use std::{collections::HashMap, sync::LazyLock};

use super::{analysis::script::WritingSystem, language::TextLanguage};

/// A state: the words for it, and for its changes.
struct LifeState {
    words: &'static [&'static str],
    changes: &'static [&'static str],
}

const STATES: [LifeState; 7] = [
    LifeState {
        words: &[
            "live", "lives", "living", "reside", "home", "address", "wohne", "wohnt", "wohnen", "lebt", "leben",
            "adresse",
        ],
        changes: &["moved", "moving", "relocated", "umgezogen", "gezogen", "zog", "zieht", "umzug"],
    },
    LifeState {
        words: &[
            "work",
            "works",
            "working",
            "job",
            "employer",
            "arbeite",
            "arbeitet",
            "arbeiten",
            "arbeitgeber",
            "beruf",
        ],
        changes: &["joined", "hired", "resigned", "retired", "angefangen", "gewechselt", "gekündigt"],
    },
    LifeState {
        words: &["drive", "drives", "driving", "car", "fahre", "fährt", "auto", "wagen"],
        changes: &["bought", "sold", "gekauft", "verkauft"],
    },
    LifeState {
        words: &[
            "married",
            "husband",
            "wife",
            "partner",
            "girlfriend",
            "boyfriend",
            "verheiratet",
            "freundin",
            "freund",
        ],
        changes: &["divorced", "engaged", "separated", "geschieden", "verlobt", "getrennt"],
    },
    LifeState {
        words: &["study", "studies", "studying", "studiert", "studium"],
        changes: &["graduated", "enrolled", "abgebrochen"],
    },
    LifeState {
        words: &["use", "uses", "using", "nutzt", "benutzt", "verwendet"],
        changes: &["switched", "migrated", "replaced", "umgestiegen"],
    },
    LifeState {
        words: &["favourite", "favorite", "prefer", "prefers", "bevorzugt", "mag"],
        changes: &["switched", "prefers", "lieber"],
    },
];

/// The states by the stems of their words and changes, in English and German.
static BY_STEM: LazyLock<HashMap<String, usize>> = LazyLock::new(|| {
    let mut by_stem = HashMap::new();
    for (number, LifeState { words, changes }) in STATES.iter().enumerate() {
        for word in words.iter().chain(*changes) {
            by_stem.entry((*word).to_owned()).or_insert(number);
            for language in TextLanguage::of_pages() {
                by_stem.entry(language.stem(word, WritingSystem::Latin).into_owned()).or_insert(number);
            }
        }
    }
    by_stem
});

/// The number of the state that a word or stem is about.
pub(crate) fn state_of(stem: &str) -> Option<usize> {
    BY_STEM.get(stem).copied()
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
    }
}
