//! The quoted parts of a query, which are searched as they are.

/// Pairs of quotation marks.
const QUOTATION_MARKS: [(char, &[char]); 8] = [
    ('"', &['"']),
    ('\u{201C}', &['\u{201D}']),
    ('\u{201E}', &['\u{201C}', '\u{201D}']),
    ('\u{00AB}', &['\u{00BB}']),
    ('\u{00BB}', &['\u{00AB}']),
    ('\u{300C}', &['\u{300D}']),
    ('\u{300E}', &['\u{300F}']),
    ('\u{FF02}', &['\u{FF02}']),
];

/// A part of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QueryPart<'a> {
    Plain(&'a str),
    /// With its quotation marks.
    Quoted(&'a str),
}

impl<'a> QueryPart<'a> {
    /// The text of the part.
    pub(crate) fn text(self) -> &'a str {
        match self {
            Self::Plain(text) | Self::Quoted(text) => text,
        }
    }
}

/// The parts of a query in order. A mark without a closing one is an ordinary character.
pub(crate) fn query_parts(query: &str) -> Vec<QueryPart<'_>> {
    let (mut parts, mut plain, mut at) = (Vec::new(), 0, 0);
    while let Some(character) = query[at..].chars().next() {
        let begin = at;
        at += character.len_utf8();
        let Some(end) = closing(character).and_then(|marks| query[at..].find(marks)) else { continue };
        let mark = query[at + end..].chars().next().map_or(0, char::len_utf8);
        parts.extend([QueryPart::Plain(&query[plain..begin]), QueryPart::Quoted(&query[begin..at + end + mark])]);
        at += end + mark;
        plain = at;
    }
    parts.push(QueryPart::Plain(&query[plain..]));
    parts
}

/// The quoted parts of a query, without the marks.
pub(crate) fn quotations(query: &str) -> impl Iterator<Item = &str> {
    query_parts(query).into_iter().filter_map(|part| {
        let QueryPart::Quoted(text) = part else { return None };
        let mut characters = text.chars();
        characters.next();
        characters.next_back();
        Some(characters.as_str())
    })
}

fn closing(opening: char) -> Option<&'static [char]> {
    QUOTATION_MARKS.iter().find(|(mark, _)| *mark == opening).map(|(_, closing)| *closing)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn mark_without_a_closing_one_quotes_nothing() {
        assert_eq!(query_parts("a 5\" screen"), [QueryPart::Plain("a 5\" screen")]);
        assert_eq!(quotations("\"green\" a 5\" \u{201E}door\u{201C}").collect::<Vec<_>>(), ["green", "door"]);
    }

    proptest! {
        #[test]
        fn parts_make_up_the_query(query in "[a\"“”„«»「」 é]{0,20}") {
            prop_assert_eq!(query_parts(&query).into_iter().map(QueryPart::text).collect::<String>(), query);
        }
    }
}
