//! Articles, prepositions, possessives and particles written together with a word.

use super::script::WritingSystem;

/// French, Italian and Catalan words that lose their vowel before another.
const ELIDED: [&str; 28] = [
    "l", "d", "j", "m", "t", "s", "n", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "quelqu", "dell", "all",
    "nell", "sull", "dall", "coll", "un", "quest", "quell", "sant", "bell", "gl", "o", "mc",
];
/// Korean particles and endings, longest first.
const PARTICLES: [&str; 36] = [
    "입니다",
    "이에요",
    "에서는",
    "에게서",
    "으로는",
    "이라고",
    "하고",
    "에서",
    "에게",
    "한테",
    "부터",
    "까지",
    "처럼",
    "보다",
    "으로",
    "라고",
    "이나",
    "이랑",
    "예요",
    "이다",
    "은",
    "는",
    "이",
    "가",
    "을",
    "를",
    "에",
    "의",
    "도",
    "만",
    "로",
    "와",
    "과",
    "랑",
    "나",
    "야",
];

/// The word without its clitics, and the whole without its apostrophes.
pub(crate) fn without_apostrophe(word: &str) -> Option<(String, String)> {
    let word = word.trim_matches('\'');
    let (possessor, is_possessive) = word.strip_suffix("'s").map_or((word, false), |possessor| (possessor, true));
    if !is_possessive && !word.contains('\'') {
        return None;
    }
    let joined = word.replace('\'', "");
    let base = match possessor.split_once('\'') {
        None => possessor,
        Some((first, rest)) if ELIDED.contains(&first) => rest,
        // A Turkish suffix after a name.
        Some((name, _)) => name,
    };
    (!base.is_empty()).then(|| (base.replace('\'', ""), joined))
}

/// The word without an article or particle of its script.
pub(crate) fn bare(word: &str, script: WritingSystem) -> Option<&str> {
    let bare = match script {
        WritingSystem::Hebrew => word.strip_prefix(['ב', 'ה', 'ו', 'כ', 'ל', 'מ', 'ש']),
        WritingSystem::Arabic => {
            ["وال", "بال", "كال", "فال", "ال", "لل"].iter().find_map(|article| word.strip_prefix(article))
        }
        WritingSystem::Hangul => PARTICLES.iter().find_map(|particle| word.strip_suffix(particle)),
        _ => None,
    };
    let least = if script == WritingSystem::Hangul { 1 } else { 3 };
    bare.filter(|bare| bare.chars().count() >= least)
}

/// The singular of a Hebrew word with a regular ending.
pub(crate) fn singular(word: &str, script: WritingSystem) -> Option<String> {
    if script != WritingSystem::Hebrew || word.chars().count() < 4 {
        return None;
    }
    if let Some(stem) = word.strip_suffix("ות") {
        return Some(format!("{stem}ה"));
    }
    let mut singular = String::from(word.strip_suffix("ים")?);
    // Five letters have another form at the end of a word.
    const FINAL: [(char, char); 5] = [('כ', 'ך'), ('מ', 'ם'), ('נ', 'ן'), ('פ', 'ף'), ('צ', 'ץ')];
    if let Some((letter, last)) = FINAL.into_iter().find(|(letter, _)| singular.ends_with(*letter)) {
        singular.truncate(singular.len() - letter.len_utf8());
        singular.push(last);
    }
    Some(singular)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SE-05
    #[test]
    fn clitics_are_set_apart() {
        for (word, base, joined) in [
            ("l'orage", "orage", "lorage"),
            ("dell'acqua", "acqua", "dellacqua"),
            ("grace's", "grace", "graces"),
            ("o'hara's", "hara", "oharas"),
            ("ankara'da", "ankara", "ankarada"),
        ] {
            assert_eq!(without_apostrophe(word), Some((base.into(), joined.into())));
        }
        assert_eq!(without_apostrophe("tea"), None);
        assert_eq!(without_apostrophe("''"), None);
    }

    /// SE-06
    #[test]
    fn hebrew_plurals_have_a_singular() {
        for (word, expected) in
            [("דגים", Some("דג")), ("אבנים", Some("אבן")), ("תרופות", Some("תרופה")), ("מים", None), ("דג", None)]
        {
            assert_eq!(singular(word, WritingSystem::Hebrew).as_deref(), expected);
        }
    }

    /// SE-05, SE-07
    #[test]
    fn articles_and_particles_are_removed_within_their_script() {
        assert_eq!(bare("المدرسة", WritingSystem::Arabic), Some("مدرسة"));
        assert_eq!(bare("בחיפה", WritingSystem::Hebrew), Some("חיפה"));
        assert_eq!(bare("대구에서", WritingSystem::Hangul), Some("대구"));
        assert_eq!(bare("책은", WritingSystem::Hangul), Some("책"));
        assert_eq!(bare("הר", WritingSystem::Hebrew), None);
        assert_eq!(bare("tea", WritingSystem::Latin), None);
    }
}
