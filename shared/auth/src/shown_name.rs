//! Names that clients give themselves, cleaned for display (T-25).
//!
//! A name can contain characters that are invisible, reverse the text after them, or cover other lines (TO-05). Pages also
//! isolate it with `<bdi>`.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, ExtendedPictographic, GeneralCategory, GeneralCategoryGroup, WhiteSpace},
};

/// The maximum number of user-perceived characters. Longer names are truncated.
pub(crate) const CHARACTERS: usize = 40;
/// The maximum number of combining marks on one character. Hebrew, Thai and the Indic scripts need at most four.
const MARKS: usize = 4;
const ZERO_WIDTH_JOINER: char = '\u{200d}';
/// Requests the emoji form of the character before it.
const EMOJI_SELECTOR: char = '\u{fe0f}';
/// Skin tones.
const MODIFIERS: std::ops::RangeInclusive<char> = '\u{1f3fb}'..='\u{1f3ff}';
/// Has no ink, but is a symbol.
const BRAILLE_BLANK: char = '\u{2800}';

/// Returns a client's name as pages show it: without control, format and other invisible characters, with single spaces, at
/// most 40 characters, and few combining marks on each. `None` if nothing is left.
pub(crate) fn shown_name(name: &str) -> Option<String> {
    let mut shown = ShownText::default();
    let mut characters = name.chars().peekable();
    while let Some(c) = characters.next() {
        if is_space(c) {
            shown.space();
        } else if c == ZERO_WIDTH_JOINER {
            shown.join(characters.peek().copied());
        } else if c == EMOJI_SELECTOR || MODIFIERS.contains(&c) {
            shown.select(c);
        } else if is_invisible(c) {
        } else if is_mark(c) {
            shown.mark(c, category(c) == GeneralCategory::SpacingMark);
        } else {
            shown.begin(c);
        }
        if shown.is_full {
            break;
        }
    }
    (!shown.text.is_empty()).then_some(shown.text)
}

/// The name so far, and its last character.
#[derive(Default)]
struct ShownText {
    text: String,
    characters: usize,
    marks: usize,
    last_base: Option<char>,
    is_joined: bool,
    has_space: bool,
    is_full: bool,
}

impl ShownText {
    /// A space, which is written with the next character.
    fn space(&mut self) {
        self.has_space = !self.text.is_empty();
        self.last_base = None;
        self.is_joined = false;
    }

    /// Begins another character, or continues an emoji after a joiner.
    fn begin(&mut self, c: char) {
        if !std::mem::take(&mut self.is_joined) {
            let wanted = 1 + usize::from(self.has_space);
            if self.characters + wanted > CHARACTERS {
                self.is_full = true;
                return;
            }
            if std::mem::take(&mut self.has_space) {
                self.text.push(' ');
            }
            self.characters += wanted;
        }
        self.marks = 0;
        self.last_base = Some(c);
        self.text.push(c);
    }

    /// A joiner is visible in emoji only: 👩‍👧. Elsewhere it makes two names that look alike.
    fn join(&mut self, next: Option<char>) {
        let is_emoji = |c: Option<char>| c.is_some_and(is_pictographic);
        if is_emoji(self.last_base) && is_emoji(next) && !self.is_joined {
            self.is_joined = true;
            self.text.push(ZERO_WIDTH_JOINER);
        }
    }

    /// A selector or modifier changes the emoji before it. A modifier alone is an emoji.
    fn select(&mut self, c: char) {
        if self.last_base.is_some_and(is_pictographic) && self.marks == 0 {
            self.marks = 1;
            self.text.push(c);
        } else if MODIFIERS.contains(&c) {
            self.begin(c);
        }
    }

    /// A mark without a base would join the text before the name. A mark with a width counts as a character: some scripts
    /// show it as one.
    fn mark(&mut self, c: char, has_width: bool) {
        if self.last_base.is_none() || self.marks == MARKS {
            return;
        }
        if has_width && self.characters == CHARACTERS {
            self.is_full = true;
            return;
        }
        self.characters += usize::from(has_width);
        self.marks += 1;
        self.text.push(c);
    }
}

fn is_space(c: char) -> bool {
    c == BRAILLE_BLANK || CodePointSetData::new::<WhiteSpace>().contains(c)
}

fn is_invisible(c: char) -> bool {
    const INVISIBLE: GeneralCategoryGroup = GeneralCategoryGroup::Control
        .union(GeneralCategoryGroup::Format)
        .union(GeneralCategoryGroup::Unassigned)
        .union(GeneralCategoryGroup::PrivateUse);
    INVISIBLE.contains(category(c)) || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

fn is_mark(c: char) -> bool {
    GeneralCategoryGroup::Mark.contains(category(c))
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

fn is_pictographic(c: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation;

    use super::*;

    /// TO-05, T-25
    #[test]
    fn invisible_and_reversing_characters_are_removed() {
        for (name, shown) in [
            ("Claude", "Claude"),
            ("  My\t\nApp \u{3000} 2 ", "My App 2"),
            ("Cl\u{200b}au\u{feff}de\u{2060}", "Claude"),
            ("\u{202e}edualC\u{202c}", "edualC"),
            ("\u{2066}Claude\u{2069}\u{200f}\u{61c}", "Claude"),
            ("Claude\u{e0001}\u{e0041}\u{e007f}", "Claude"),
            ("Cl\u{200d}aude", "Claude"),
            ("C\u{ad}laude\u{34f}\u{180e}\u{115f}\u{3164}\u{ffa0}", "Claude"),
            ("a\u{2800}b", "a b"),
            ("a\u{85}b\u{7}\u{2028}c", "a b c"),
            ("\u{fff9}x\u{fffb}\u{e000}", "x"),
            ("नमस्ते", "नमस्ते"),
            ("שָׁלוֹם", "שָׁלוֹם"),
            ("日本語", "日本語"),
            ("Zoë\u{301}", "Zoë\u{301}"),
            ("👩\u{200d}👩\u{200d}👧 Home", "👩\u{200d}👩\u{200d}👧 Home"),
            ("❤\u{fe0f} 👍🏽", "❤\u{fe0f} 👍🏽"),
            ("a\u{fe0f}👩\u{200d}\u{200d}x", "a👩x"),
        ] {
            assert_eq!(shown_name(name).as_deref(), Some(shown), "{name:?}");
        }
    }

    /// TO-05
    #[test]
    fn invisible_name_is_none() {
        for name in ["", " \t\n", "\u{200b}\u{200d}\u{feff}", "\u{2800}", "\u{301}\u{302}", "\u{fe0f}", "\u{e0041}"] {
            assert_eq!(shown_name(name), None, "{name:?}");
        }
    }

    /// TO-05
    #[test]
    fn name_is_truncated_and_marks_are_bounded() {
        assert_eq!(shown_name(&"b".repeat(500)), Some("b".repeat(40)));
        let family = "👩\u{200d}👩\u{200d}👧\u{200d}👧";
        assert_eq!(shown_name(&family.repeat(50)), Some(family.repeat(40)));
        assert_eq!(shown_name(&format!("Z{}o", "\u{301}".repeat(300))), Some(format!("Z{}o", "\u{301}".repeat(4))));
        assert_eq!(shown_name(&"ab ".repeat(30)).map(|name| name.len()), Some(38 + 2));
    }

    proptest! {
        /// TO-05
        #[test]
        fn shown_name_is_short_and_stable(name in "[a-z \u{200d}\u{fe0f}\u{301}\u{202e}👩👧🏽❤\\PC]{0,90}") {
            let shown = shown_name(&name).unwrap_or_default();
            prop_assert!(shown.graphemes(true).count() <= CHARACTERS, "{shown:?}");
            prop_assert_eq!(shown_name(&shown).unwrap_or_default(), shown);
        }
    }
}
