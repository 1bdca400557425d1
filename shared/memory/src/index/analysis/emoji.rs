//! Emoji, which are words, and match their names in [CLDR](https://cldr.unicode.org).

use unicode_segmentation::UnicodeSegmentation;

/// A range of [`TEXT`].
type Range = (u32, u32);

// The emoji as they are written, sorted, with the emoji without skin tone and its name.
include!(concat!(env!("OUT_DIR"), "/emoji.rs"));

/// An emoji without skin tone, and its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Emoji {
    pub(crate) text: &'static str,
    pub(crate) name: &'static str,
}

/// The emoji of a text that contains no words.
pub(crate) fn emoji(text: &str) -> impl Iterator<Item = Emoji> {
    let graphemes = (!text.is_ascii()).then(|| text.graphemes(true)).into_iter().flatten();
    graphemes.filter_map(|grapheme| find(grapheme).or_else(|| find(grapheme.trim_end_matches('\u{FE0F}'))))
}

fn find(writing: &str) -> Option<Emoji> {
    let text = |(begin, end): Range| &TEXT[begin as usize..end as usize];
    let at = EMOJI.binary_search_by_key(&writing, |(writing, ..)| text(*writing)).ok()?;
    Some(Emoji { text: text(EMOJI[at].1), name: text(EMOJI[at].2) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SE-11
    #[test]
    fn emoji_have_names() {
        let names = |text| emoji(text).map(|emoji| emoji.name).collect::<Vec<_>>();
        assert_eq!(names("🍋!🎻"), ["lemon", "violin"]);
        assert_eq!(names("👍🏽"), ["thumbs up"]);
        assert_eq!(names("#1 tea, €"), [""; 0]);
    }

    /// SE-11
    #[test]
    fn every_emoji_is_found_in_all_skin_tones() {
        for plain in emojis::iter() {
            let expected = Some(Emoji { text: plain.as_str(), name: plain.name() });
            for emoji in plain.skin_tones().into_iter().flatten().chain([plain]) {
                assert_eq!(find(emoji.as_str()), expected);
            }
        }
        assert_eq!(find("☹"), find("☹\u{FE0F}"));
        assert_eq!(find("1"), None);
    }
}
