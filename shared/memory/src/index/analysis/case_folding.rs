// The build script includes this file, to fold the stop words.

/// Folds case: beyond lower case, ß is ss, and a final sigma is a sigma. Drops marks that a writer may leave out without a
/// change of meaning: Arabic and Hebrew vowel marks, soft hyphens, joiners.
pub(crate) fn case_folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for character in text.chars().flat_map(char::to_lowercase) {
        match character {
            'ß' => folded.push_str("ss"),
            'ς' => folded.push('σ'),
            '\u{2018}' | '\u{2019}' | '\u{02BC}' => folded.push('\''),
            // The dot of a Turkish İ, which lower case sets apart.
            '\u{0307}' if folded.ends_with('i') => (),
            _ if is_optional_mark(character) => (),
            _ => folded.push(character),
        }
    }
    folded
}

fn is_optional_mark(character: char) -> bool {
    matches!(character,
        '\u{00AD}' | '\u{200B}'..='\u{200D}' | '\u{FE0E}' | '\u{FE0F}' | '\u{0640}'
        | '\u{0591}'..='\u{05BD}' | '\u{05BF}' | '\u{05C1}' | '\u{05C2}' | '\u{05C4}' | '\u{05C5}' | '\u{05C7}'
        | '\u{064B}'..='\u{065F}' | '\u{0670}' | '\u{06D6}'..='\u{06DC}' | '\u{06DF}'..='\u{06E8}' | '\u{06EA}'..='\u{06ED}')
}
