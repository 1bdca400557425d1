//! Texts without visible characters.

use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};

/// `true` for a text without a visible character: of white space, control characters and characters such as the zero-width
/// space.
///
/// ```
/// assert!(jean_memory::is_blank(" \u{200b}\n"));
/// assert!(!jean_memory::is_blank("☕"));
/// ```
pub fn is_blank(text: &str) -> bool {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    text.chars().all(|c| c.is_whitespace() || c.is_control() || ignorable.contains(c))
}
