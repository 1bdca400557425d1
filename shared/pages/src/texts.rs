//! The texts of all pages in each language.
//!
//! The functions of [`Texts`] are generated from `translations/*.json` when the crate is built, one per key. A text with
//! placeholders takes their values as arguments. Functions that no page calls are not linked.

use std::fmt;

use crate::Language;

/// The texts in one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Texts(Language);

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

impl Texts {
    /// The texts in this language.
    pub fn of(language: Language) -> Self {
        Self(language)
    }

    /// A whole number with its thousands separated.
    ///
    /// ```
    /// use jean_pages::{Language, Texts};
    ///
    /// assert_eq!(Texts::of(Language::En).number(1_234_567), "1,234,567");
    /// assert_eq!(Texts::of(Language::De).number(12_345), "12.345");
    /// assert_eq!(Texts::of(Language::En).number(999), "999");
    /// ```
    pub fn number(self, number: impl fmt::Display) -> String {
        let separator = match self.0 {
            Language::En => ',',
            Language::De => '.',
        };
        let digits = number.to_string();
        let mut separated = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                separated.push(separator);
            }
            separated.push(digit);
        }
        separated
    }

    /// A number of tenths as a decimal number.
    ///
    /// ```
    /// use jean_pages::{Language, Texts};
    ///
    /// assert_eq!(Texts::of(Language::En).tenths(41), "4.1");
    /// assert_eq!(Texts::of(Language::De).tenths(3), "0,3");
    /// ```
    pub fn tenths(self, tenths: u64) -> String {
        let mark = match self.0 {
            Language::En => '.',
            Language::De => ',',
        };
        format!("{}{mark}{}", tenths / 10, tenths % 10)
    }
}

/// A text with HTML elements, or a time. Its placeholders are already escaped, so templates insert it as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Markup(String);

impl Markup {
    pub(crate) fn new(html: impl Into<String>) -> Self {
        Self(html.into())
    }

    fn escape(value: impl fmt::Display) -> String {
        askama::filters::escape(value, askama::filters::Html).map(|escaped| escaped.to_string()).unwrap_or_default()
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Markup {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholder_in_markup_is_escaped() {
        let text = Texts::of(Language::En).signed_in_as("<script>").to_string();
        assert_eq!(text, "Signed in as <strong><bdi>&#60;script&#62;</bdi></strong>.");
    }

    #[test]
    fn each_language_has_its_own_text() {
        assert_eq!(Texts::of(Language::En).sign_in(), "Sign in");
        assert_eq!(Texts::of(Language::De).sign_in(), "Anmelden");
    }
}
