//! Colours and their contrast ([WCAG 2.2, 1.4.3](https://www.w3.org/TR/WCAG22/#contrast-minimum)).

use std::{fmt, str::FromStr};

/// The minimum contrast of text with its background (WCAG 2.2, 1.4.3, level AA).
const MINIMUM_CONTRAST: f64 = 4.5;
/// `--card` of style.css, light and dark: the backgrounds of links in the accent colour.
pub(super) const CARDS: [Color; 2] = [Color::new(0xff, 0xff, 0xff), Color::new(0x1f, 0x21, 0x28)];

/// A colour in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Color([u8; 3]);

impl Color {
    const BLACK: Self = Self::new(0, 0, 0);
    const WHITE: Self = Self::new(0xff, 0xff, 0xff);

    pub(super) const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self([red, green, blue])
    }

    /// The text colour for this background: black or white. One of them always has a contrast of at least 4.58.
    pub(super) fn text_color(self) -> Self {
        if self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) { Self::WHITE } else { Self::BLACK }
    }

    /// The shade nearest to this colour that is legible on `background`, in steps of 5 % towards black or white.
    pub(super) fn legible_on(self, background: Self) -> Self {
        let end = background.text_color();
        let mixed = |part: u16| {
            let channel = |from: u8, to: u8| ((u16::from(from) * (20 - part) + u16::from(to) * part) / 20) as u8;
            let ([r, g, b], [to_r, to_g, to_b]) = (self.0, end.0);
            Self([channel(r, to_r), channel(g, to_g), channel(b, to_b)])
        };
        (0..20).map(mixed).find(|color| color.contrast(background) >= MINIMUM_CONTRAST).unwrap_or(end)
    }

    /// The contrast ratio: 1 for equal colours, 21 for black and white.
    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// The relative luminance, from 0 to 1 (WCAG 2.2).
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|channel| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl FromStr for Color {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = "must be a colour such as #3d4fbf";
        let digits = text.strip_prefix('#').ok_or(malformed)?;
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(malformed);
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).map_err(|_| malformed)?.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_matches_wcag() {
        assert!((Color::BLACK.contrast(Color::WHITE) - 21.0).abs() < 1e-9);
        let grey: Color = "#767676".parse().expect("valid");
        assert!((4.5..4.6).contains(&grey.contrast(Color::WHITE)));
    }

    #[test]
    fn legible_colour_is_unchanged() {
        let blue: Color = "#3d4fbf".parse().expect("valid");
        assert_eq!(blue.legible_on(Color::WHITE), blue);
    }

    #[test]
    fn text_is_legible_with_any_accent() {
        let steps = || (0..=255).step_by(15);
        let accents = steps().flat_map(|r| steps().flat_map(move |g| steps().map(move |b| Color::new(r, g, b))));
        for accent in accents {
            assert_eq!(accent.to_string().parse(), Ok(accent));
            assert!(accent.contrast(accent.text_color()) >= MINIMUM_CONTRAST, "{accent}");
            for card in CARDS {
                assert!(accent.legible_on(card).contrast(card) >= MINIMUM_CONTRAST, "{accent} on {card}");
            }
        }
    }
}
