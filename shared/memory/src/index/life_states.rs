// The build script includes this file, to stem the words.

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
