//! Decodes the bytes of a file to text.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::refusal::Refusal;

/// Decodes UTF-8 and UTF-16, with or without a byte order mark, and otherwise windows-1252, which includes Latin-1.
/// Returns the name of the encoding, unless it is UTF-8.
///
/// # Errors
/// [`Refusal::Binary`] if the bytes are not text.
pub(crate) fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Option<&'static str>), Refusal> {
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
    if has_errors || text.contains('\0') || controls > text.len() / 100 {
        return Err(Refusal::Binary);
    }
    Ok((text, (encoding != UTF_8).then(|| encoding.name())))
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
        () if std::str::from_utf8(bytes).is_ok() => UTF_8,
        () => WINDOWS_1252,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_upper_control_characters_is_no_binary() {
        assert!(decode("Sells \u{8f}\u{8f}\u{7f}".as_bytes()).is_ok());
        assert_eq!(decode(b"\x8f\x8f\x81\xff").map(drop), Err(Refusal::Binary));
        assert_eq!(decode(b"\x01\x02\x03").map(drop), Err(Refusal::Binary));
    }
}
