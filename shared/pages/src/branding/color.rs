//! Colours, and whether words in one can be read on another.

use std::{fmt, str::FromStr};

/// The least contrast of words with what is behind them (WCAG 2.2, 1.4.3, level AA).
const LEAST_CONTRAST: f64 = 4.5;

/// A colour in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Color([u8; 3]);

impl Color {
    const BLACK: Self = Self::new(0, 0, 0);
    const WHITE: Self = Self::new(0xff, 0xff, 0xff);

    pub(super) const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self([red, green, blue])
    }

    /// Black or white, whichever is read better on this colour. One of them always has a contrast of 4.58 at least.
    pub(super) fn words_on(self) -> Self {
        if self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) { Self::WHITE } else { Self::BLACK }
    }

    /// This colour, or as little darker or lighter as it takes to be read on `paper`.
    pub(super) fn readable_on(self, paper: Self) -> Self {
        let end = paper.words_on();
        let mixed = |part: u16| {
            let channel = |from: u8, to: u8| ((u16::from(from) * (20 - part) + u16::from(to) * part) / 20) as u8;
            let ([r, g, b], [to_r, to_g, to_b]) = (self.0, end.0);
            Self([channel(r, to_r), channel(g, to_g), channel(b, to_b)])
        };
        (0..20).map(mixed).find(|color| color.contrast(paper) >= LEAST_CONTRAST).unwrap_or(end)
    }

    /// From 1 for the same colour to 21 for black and white.
    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// How bright it looks, from 0 to 1 (WCAG 2.2, relative luminance).
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
        let malformed = "it is not a colour like #3d4fbf";
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
    fn contrast_is_what_wcag_says() {
        assert!((Color::BLACK.contrast(Color::WHITE) - 21.0).abs() < 1e-9);
        let grey: Color = "#767676".parse().expect("a colour");
        assert!((4.5..4.6).contains(&grey.contrast(Color::WHITE)));
    }

    #[test]
    fn a_colour_that_can_be_read_stays_itself() {
        let blue: Color = "#3d4fbf".parse().expect("a colour");
        assert_eq!(blue.readable_on(Color::WHITE), blue);
    }

    #[test]
    fn whatever_the_accent_is_words_can_be_read() {
        let steps = || (0..=255).step_by(15);
        let accents = steps().flat_map(|r| steps().flat_map(move |g| steps().map(move |b| Color::new(r, g, b))));
        for accent in accents {
            assert_eq!(accent.to_string().parse(), Ok(accent));
            assert!(accent.contrast(accent.words_on()) >= LEAST_CONTRAST, "{accent}");
            for card in super::super::CARDS {
                assert!(accent.readable_on(card).contrast(card) >= LEAST_CONTRAST, "{accent} on {card}");
            }
        }
    }
}
