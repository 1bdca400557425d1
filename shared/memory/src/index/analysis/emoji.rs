//! Emoji, which are words, and match their names in [CLDR](https://cldr.unicode.org).

use unicode_segmentation::UnicodeSegmentation;

/// The emoji of a text that contains no words, without skin tones.
pub(crate) fn emoji(text: &str) -> impl Iterator<Item = &'static emojis::Emoji> {
    let graphemes = (!text.is_ascii()).then(|| text.graphemes(true)).into_iter().flatten();
    graphemes.filter_map(|grapheme| {
        let emoji = emojis::get(grapheme).or_else(|| emojis::get(grapheme.trim_end_matches('\u{FE0F}')))?;
        Some(emoji.with_skin_tone(emojis::SkinTone::Default).unwrap_or(emoji))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SE-11
    #[test]
    fn emoji_have_names() {
        let names = |text| emoji(text).map(|emoji| emoji.name()).collect::<Vec<_>>();
        assert_eq!(names("🍋!🎻"), ["lemon", "violin"]);
        assert_eq!(names("👍🏽"), ["thumbs up"]);
        assert_eq!(names("#1 tea, €"), [""; 0]);
    }
}
