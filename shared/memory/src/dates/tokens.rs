//! The words of a query. Quoted ones have no meaning here. In scripts without spaces, the words of the [vocabulary](super::vocabulary) are split off.

use super::vocabulary::{LONGEST, WordSense, longest_prefix, senses};
use crate::quotations::{QueryPart, query_parts};

/// Particles after a time, which are left out with it.
const PARTICLES: [char; 10] = ['的', 'の', 'に', 'は', 'が', 'を', '에', '의', '은', '는'];

/// A word, or a part of one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct QueryToken<'a> {
    pub(super) text: &'a str,
    /// In lower case, without surrounding punctuation and without an elided article.
    pub(super) plain: String,
    /// `true` if no space precedes it.
    pub(super) is_joined: bool,
    /// The meanings of the phrases of one word, two and more that begin here.
    pub(super) phrases: [&'static [(&'static str, WordSense)]; LONGEST],
}

/// The tokens of a query, in order.
pub(super) fn tokens(query: &str) -> Vec<QueryToken<'_>> {
    let (mut tokens, mut ends_with_space) = (Vec::new(), true);
    for part in query_parts(query) {
        let text = part.text();
        for (number, word) in text.split_whitespace().enumerate() {
            let pieces = if word.contains(is_unspaced) { pieces(word) } else { vec![word] };
            let is_joined = number == 0 && !ends_with_space && !text.starts_with(char::is_whitespace);
            let plain = |text| if let QueryPart::Plain(_) = part { plain(text) } else { String::new() };
            tokens.extend(pieces.into_iter().enumerate().map(|(place, text)| QueryToken {
                text,
                plain: plain(text),
                is_joined: place > 0 || is_joined,
                phrases: [&[]; LONGEST],
            }));
        }
        ends_with_space = if text.is_empty() { ends_with_space } else { text.ends_with(char::is_whitespace) };
    }
    for at in 0..tokens.len() {
        let mut phrase = String::new();
        for more in 0..LONGEST {
            let Some(next) = tokens.get(at + more).filter(|next| !next.plain.is_empty()) else { break };
            push(&mut phrase, &next.plain, false);
            tokens[at].phrases[more] = senses(&phrase);
        }
    }
    tokens
}

/// Adds a text to a query, with a space unless it is joined.
pub(super) fn push(query: &mut String, text: &str, is_joined: bool) {
    if !is_joined && !query.is_empty() && !text.is_empty() {
        query.push(' ');
    }
    query.push_str(text);
}

/// A text without the particle at its beginning.
pub(super) fn without_particle(text: &str) -> &str {
    text.strip_prefix(PARTICLES).unwrap_or(text)
}

/// A character of a script in which words are written without spaces, or with joined particles.
fn is_unspaced(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

/// Splits a word into words of the vocabulary, numbers, and the rest between them.
fn pieces(word: &str) -> Vec<&str> {
    let (mut pieces, mut rest, mut at) = (Vec::new(), 0, 0);
    while at < word.len() {
        let digits = word[at..].find(|character: char| !character.is_ascii_digit()).unwrap_or(word.len() - at);
        let known = longest_prefix(&word[at..]).max(digits);
        if known == 0 {
            at += word[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        }
        pieces.extend([&word[rest..at], &word[at..at + known]]);
        at += known;
        rest = at;
    }
    pieces.push(&word[rest..]);
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

fn plain(word: &str) -> String {
    const ELIDED: usize = 4;
    let word =
        word.trim_matches(|character: char| !character.is_alphanumeric()).to_lowercase().replace('\u{2019}', "'");
    match word.split_once('\'') {
        Some((article, noun)) if article.len() <= ELIDED && noun.len() > 2 => noun.into(),
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_words_are_split_off() {
        for (query, parts) in [
            ("昨天的会议", vec!["昨天", "的会议"]),
            ("三天前", vec!["三", "天", "前"]),
            ("2023年10月8日", vec!["2023", "年", "10月", "8", "日"]),
            ("지난주에 만난", vec!["지난주", "에", "만난"]),
            ("l'année dernière", vec!["l'année", "dernière"]),
        ] {
            let tokens = tokens(query);
            assert_eq!(tokens.iter().map(|token| token.text).collect::<Vec<_>>(), parts, "{query}");
        }
        assert_eq!(tokens("L\u{2019}année,")[0].plain, "année");
        assert_eq!(tokens("aujourd'hui")[0].plain, "aujourd'hui");
    }

    proptest! {
        #[test]
        fn tokens_make_up_the_query(query in "([a-z年月日前昨天三の지난주에12'’.\"“”]{0,8} ?){0,5}") {
            let mut joined = String::new();
            tokens(&query).iter().for_each(|token| push(&mut joined, token.text, token.is_joined));
            prop_assert_eq!(joined, query.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
}
