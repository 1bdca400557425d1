//! The script of a word, which determines the rules that apply to it. A word never gets the rules of another script.

/// A script, or a group of scripts with the same rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WritingSystem {
    Latin,
    Cyrillic,
    Greek,
    Arabic,
    Hebrew,
    Hangul,
    Katakana,
    /// Scripts without spaces: Han, Hiragana, Thai, Lao, Khmer, Burmese.
    Unspaced,
    /// Digits and symbols.
    Common,
    Other,
}

impl WritingSystem {
    /// The script of a word: that of its first letter.
    pub(crate) fn of(word: &str) -> Self {
        word.chars().map(Self::of_character).find(|script| *script != Self::Common).unwrap_or(Self::Common)
    }

    pub(super) fn of_character(character: char) -> Self {
        match character {
            'a'..='z' | 'A'..='Z' | '\u{00C0}'..='\u{024F}' | '\u{1E00}'..='\u{1EFF}' => Self::Latin,
            '\0'..='\u{00BF}' | '\u{2000}'..='\u{206F}' => Self::Common,
            '\u{0370}'..='\u{03FF}' | '\u{1F00}'..='\u{1FFF}' => Self::Greek,
            '\u{0400}'..='\u{052F}' => Self::Cyrillic,
            '\u{0590}'..='\u{05FF}' => Self::Hebrew,
            '\u{0600}'..='\u{06FF}' | '\u{0750}'..='\u{077F}' => Self::Arabic,
            '\u{AC00}'..='\u{D7A3}' | '\u{1100}'..='\u{11FF}' => Self::Hangul,
            '\u{30A0}'..='\u{30FF}' => Self::Katakana,
            '\u{0E00}'..='\u{0EFF}'
            | '\u{1000}'..='\u{109F}'
            | '\u{1780}'..='\u{17FF}'
            | '\u{3040}'..='\u{309F}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{4E00}'..='\u{9FFF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{20000}'..='\u{3FFFF}' => Self::Unspaced,
            _ if character.is_alphabetic() => Self::Other,
            _ => Self::Common,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SE-06
    #[test]
    fn script_is_that_of_the_first_letter() {
        for (word, script) in [
            ("tea", WritingSystem::Latin),
            ("ệ", WritingSystem::Latin),
            ("3rd", WritingSystem::Latin),
            ("чай", WritingSystem::Cyrillic),
            ("τσάι", WritingSystem::Greek),
            ("شاي", WritingSystem::Arabic),
            ("תה", WritingSystem::Hebrew),
            ("녹차", WritingSystem::Hangul),
            ("コーヒー", WritingSystem::Katakana),
            ("茶", WritingSystem::Unspaced),
            ("ชา", WritingSystem::Unspaced),
            ("चाय", WritingSystem::Other),
            ("42", WritingSystem::Common),
        ] {
            assert_eq!(WritingSystem::of(word), script, "{word}");
        }
    }
}
