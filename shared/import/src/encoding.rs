//! Decodes the bytes of a file to text.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::refusal::Refusal;

/// The character that invalid bytes become.
const REPLACEMENT: char = '\u{fffd}';

/// The text of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decoded<'a> {
    pub(crate) text: Cow<'a, str>,
    /// The name of the encoding, unless it is UTF-8.
    pub(crate) encoding: Option<&'static str>,
    /// The lines with U+FFFD, from 1, if bytes were invalid in the encoding. At most [`DAMAGED_LINES`].
    pub(crate) damaged: Vec<usize>,
}

/// Length in bytes from which on a text tells more than its single characters.
const SHORT: usize = 16;

/// Maximum number of named lines.
const DAMAGED_LINES: usize = 1000;

/// Decodes UTF-8 and UTF-16, with or without a byte order mark, and otherwise windows-1252, which includes Latin-1. A few
/// invalid bytes do not change the encoding of the other characters; they become U+FFFD (TO-34). Line ends of CR become LF.
///
/// # Errors
/// [`Refusal::Binary`] if the bytes are not text, and [`Refusal::Encoding`] if they are in another encoding.
pub(crate) fn decode(bytes: &[u8]) -> Result<Decoded<'_>, Refusal> {
    let (encoding, bytes) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, &bytes[length..]),
        None => (guessed(bytes), bytes),
    };
    let (text, has_errors) = encoding.decode_without_bom_handling(bytes);
    // UTF-8 contains the upper control characters only where a text has them; JSON escapes the lower ones.
    let is_control = |character: char| {
        let counts = character < ' ' || (encoding != UTF_8 && character.is_control());
        counts && !"\t\n\r\u{c}\u{85}".contains(character)
    };
    // Programs in C leave the terminator of a string at the end of a file.
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_end_matches('\0')),
        Cow::Owned(text) => Cow::Owned(text.trim_end_matches('\0').to_owned()),
    };
    let controls = text.chars().filter(|character| is_control(*character)).count();
    let replaced = if has_errors { text.matches(REPLACEMENT).count() } else { 0 };
    let is_damage = controls <= text.len() / 100 || (controls == 1 && text.len() >= SHORT);
    if !is_damage || replaced > text.len() / 10 {
        return Err(Refusal::Binary);
    }
    if encoding == WINDOWS_1252 && !is_western(bytes) {
        return Err(Refusal::Encoding);
    }
    let has_nul = text.contains('\0');
    let text = if has_nul { text.replace('\0', "\u{fffd}").into() } else { text };
    let has_errors = has_errors || has_nul;
    let text = if text.contains('\r') && !text.contains('\n') { text.replace('\r', "\n").into() } else { text };
    let lines = (1..).zip(text.lines()).filter(|(_, line)| has_errors && line.contains(REPLACEMENT));
    let damaged = lines.map(|(number, _)| number).take(DAMAGED_LINES).collect();
    Ok(Decoded { encoding: (encoding != UTF_8).then(|| encoding.name()), damaged, text })
}

/// `true` if letters beyond ASCII are mostly alone among others, as in the languages of windows-1252. In an encoding of another
/// alphabet, such as windows-1251 or GBK, nearly all of them are beside each other.
fn is_western(bytes: &[u8]) -> bool {
    // Beside each other, other characters are a row of dashes or quotation marks.
    let is_letter = |byte: u8| byte >= 0x80 && !matches!(byte, 0x85 | 0x91..=0x97 | 0xa0 | 0xab | 0xbb);
    let rows = bytes.chunk_by(|one, other| is_letter(*one) == is_letter(*other)).filter(|row| is_letter(row[0]));
    let (mut alone, mut beside) = (0, 0);
    for row in rows {
        if row.len() < 3 { alone += row.len() } else { beside += row.len() }
    }
    beside < SHORT || alone > beside
}

/// The encoding of bytes without a byte order mark. JSON and English text in UTF-16 have a zero in every other byte.
fn guessed(bytes: &[u8]) -> &'static Encoding {
    let pairs = bytes.as_chunks::<2>().0.iter().take(64);
    let (mut zero_first, mut zero_last, mut count) = (0, 0, 0);
    for [first, last] in pairs {
        count += 1;
        zero_first += usize::from(*first == 0 && *last != 0);
        zero_last += usize::from(*first != 0 && *last == 0);
    }
    match () {
        () if count > 1 && zero_first * 4 > count * 3 => UTF_16BE,
        () if count > 1 && zero_last * 4 > count * 3 => UTF_16LE,
        () if is_utf_8(bytes) => UTF_8,
        () => WINDOWS_1252,
    }
}

/// `true` for UTF-8 in which most characters beyond ASCII are whole. In windows-1252, such a sequence is rare. The beginning
/// of a character, which a program leaves that cuts a text, is one too.
fn is_utf_8(bytes: &[u8]) -> bool {
    let (mut whole, mut single) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        match chunk.invalid().len() {
            0 => {}
            1 => single += 1,
            _ => whole += 1,
        }
    }
    whole >= single
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TO-34
    #[test]
    fn invalid_byte_does_not_change_the_encoding() {
        for (bytes, expected, encoding, damaged) in [
            (&b"Caf\xc3\xa9\nHalf \xf0\x9f cake"[..], "Caf\u{e9}\nHalf \u{fffd} cake", None, vec![2]),
            (b"\xef\xbb\xbfCaf\xc3\xa9 at \xff noon", "Caf\u{e9} at \u{fffd} noon", None, vec![1]),
            (b"Likes the cake \xf0\x9f", "Likes the cake \u{fffd}", None, vec![1]),
            (b"Caf\xe9", "Caf\u{e9}", Some("windows-1252"), vec![]),
            (b"\xff\xfeT\0e\0a\0 \0a\0\0\xd8 \0n\0o\0o\0n\0", "Tea a\u{fffd} noon", Some("UTF-16LE"), vec![1]),
            ("A \u{fffd} of the product".as_bytes(), "A \u{fffd} of the product", None, vec![]),
            (b"Tea\rCake\r", "Tea\nCake\n", None, vec![]),
        ] {
            let decoded = Decoded { text: expected.into(), encoding, damaged };
            assert_eq!(decode(bytes), Ok(decoded), "{expected}");
        }
    }

    /// TO-34
    #[test]
    fn encoding_of_another_alphabet_is_no_western_text() {
        let russian =
            b"- \xcf\xf0\xe8\xe2\xe5\xf2 \xe8\xe7 \xcc\xee\xf1\xea\xe2\xfb, \xeb\xfe\xe1\xeb\xfe \xf7\xe0\xe9";
        let chinese = b"- \xce\xd2\xcf\xb2\xbb\xb6\xc2\xcc\xb2\xe8 \xd7\xa1\xd4\xda\xb1\xb1\xbe\xa9";
        for bytes in [&russian[..], chinese] {
            assert_eq!(decode(bytes), Err(Refusal::Encoding));
        }
        for bytes in [
            &b"\xc4\xd6\xdc \xe4\xf6\xfc\xdf"[..],
            b"M\xfc\xdf\xe9 \xe0 la cr\xe8me \x97\x97\x97\x97\x97\x97\x97\x97\x97\x97",
        ] {
            assert_eq!(decode(bytes).expect("is text").encoding, Some("windows-1252"));
        }
    }

    /// TO-34
    #[test]
    fn single_zero_byte_is_damage() {
        let decoded = decode(b"- Likes tea\n- Likes ca\0ke\n").expect("is text");
        assert_eq!((&*decoded.text, decoded.damaged), ("- Likes tea\n- Likes ca\u{fffd}ke\n", vec![2]));
    }

    #[test]
    fn text_with_upper_control_characters_is_no_binary() {
        assert!(decode("Sells \u{8f}\u{8f}\u{7f}".as_bytes()).is_ok());
        assert_eq!(decode(b"\x8f\x8f\x81\xff").map(drop), Err(Refusal::Binary));
        assert_eq!(decode(b"\x01\x02\x03").map(drop), Err(Refusal::Binary));
    }
}
