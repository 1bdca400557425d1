//! The English words of the embedding table, the most common first.

use std::sync::LazyLock;

const TABLE: &[u8] = include_bytes!("../../../../shared/memory/embedding/table.bin");
/// Entries before this one are word parts and single characters.
const FIRST: usize = 1996;

static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let number = |at: usize| u32::from_le_bytes([TABLE[at], TABLE[at + 1], TABLE[at + 2], TABLE[at + 3]]) as usize;
    let count = number(0);
    let dimensions = usize::from(u16::from_le_bytes([TABLE[4], TABLE[5]]));
    let (ends, ranks) = (8, 8 + 4 * count);
    let texts = ranks + (2 + 2 + 4 + dimensions / 2) * count;
    let mut words: Vec<_> = (0..count)
        .map(|place| {
            let begin = place.checked_sub(1).map_or(0, |before| number(ends + 4 * before));
            let rank = usize::from(u16::from_le_bytes([TABLE[ranks + 2 * place], TABLE[ranks + 2 * place + 1]]));
            let word = &TABLE[texts + begin..texts + number(ends + 4 * place)];
            (rank, std::str::from_utf8(word).unwrap_or_default())
        })
        .filter(|(rank, word)| *rank >= FIRST && word.chars().all(|character| character.is_ascii_lowercase()))
        .collect();
    words.sort_unstable();
    words.into_iter().map(|(_, word)| word).collect()
});

/// All words.
pub(crate) fn vocabulary() -> &'static [&'static str] {
    &WORDS
}
