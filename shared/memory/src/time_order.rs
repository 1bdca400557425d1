//! Words of a query that ask for an order in time: "latest", "current", "first", "previous"; "neueste", "derzeit".
//!
//! They order the memories that match about as well as the best, and hide none. In the languages of the pages.

use crate::{
    index::has_content,
    quotations::{QueryPart, query_parts},
};

/// The order in time that a query asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeOrder {
    /// The newest of the memories that match about equally well is first.
    Newest,
    /// The oldest is first.
    Oldest,
    /// The query is about an earlier state, so a newer memory does not precede an older one.
    Past,
}

/// Phrases for the present. They are left out of the search: memories rarely contain them, and old ones as often as new ones.
const NEWEST: [&[&str]; 43] = [
    &["latest"],
    &["newest"],
    &["recent"],
    &["most", "recent"],
    &["most", "recently"],
    &["current"],
    &["currently"],
    &["nowadays"],
    &["right", "now"],
    &["by", "now"],
    &["now"],
    &["these", "days"],
    &["at", "the", "moment"],
    &["at", "present"],
    &["last", "time"],
    &["last"],
    &["neueste"],
    &["neuesten"],
    &["neuester"],
    &["neuestes"],
    &["neuste"],
    &["neusten"],
    &["neustes"],
    &["aktuell"],
    &["aktuelle"],
    &["aktuellen"],
    &["aktueller"],
    &["aktuelles"],
    &["derzeit"],
    &["derzeitige"],
    &["derzeitigen"],
    &["momentan"],
    &["zurzeit"],
    &["zur", "zeit"],
    &["im", "moment"],
    &["heutzutage"],
    &["jetzt"],
    &["jetzige"],
    &["zuletzt"],
    &["letzte"],
    &["letzten"],
    &["letzter"],
    &["letztes"],
];
/// Phrases for the beginning. They stay in the search: "her first bicycle" is often called so.
const OLDEST: [&[&str]; 15] = [
    &["first"],
    &["earliest"],
    &["original"],
    &["originally"],
    &["initially"],
    &["erste"],
    &["ersten"],
    &["erster"],
    &["erstes"],
    &["zuerst"],
    &["anfangs"],
    &["ursprünglich"],
    &["ursprüngliche"],
    &["früheste"],
    &["frühesten"],
];
/// Words for an earlier state.
const PAST: [&[&str]; 17] = [
    &["previous"],
    &["previously"],
    &["former"],
    &["formerly"],
    &["earlier"],
    &["used", "to"],
    &["before"],
    &["old"],
    &["früher"],
    &["frühere"],
    &["früheren"],
    &["ehemalige"],
    &["ehemaligen"],
    &["vorherige"],
    &["vorherigen"],
    &["damals"],
    &["alte"],
];
/// Words for the present that are as often a part of a name: "the last train", "NOW TV".
const LITERAL: [&str; 7] = ["last", "now", "letzte", "letzten", "letzter", "letztes", "jetzt"];
/// Words for memories, which a query for the newest of all may have.
const MEMORIES: [&str; 9] =
    ["memory", "memories", "note", "notes", "entries", "erinnerung", "erinnerungen", "notizen", "einträge"];
/// Words after which "old" is an age.
const AGES: [&str; 9] = ["how", "year", "years", "month", "months", "week", "weeks", "day", "days"];
/// Words with which "first", "last", "now" and "current" have another meaning.
const NAMES: [&str; 16] = [
    "account", "affairs", "aid", "class", "events", "floor", "grade", "lady", "minute", "name", "names", "resort",
    "stock", "and", "hilfe", "stunde",
];
/// Units with which "last" is a time, which [`dated`](crate::dates::dated) reads as far as it can.
const UNITS: [&str; 33] = [
    "day",
    "week",
    "month",
    "year",
    "tag",
    "woche",
    "monat",
    "night",
    "evening",
    "morning",
    "afternoon",
    "weekend",
    "spring",
    "summer",
    "autumn",
    "fall",
    "winter",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "days",
    "weeks",
    "months",
    "years",
    "nacht",
    "sommer",
    "winter",
    "wochenende",
    "jahr",
];

/// A query, and the order that it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderedQuery {
    /// The query without the words for the present.
    pub text: String,
    /// The order.
    pub order: Option<TimeOrder>,
    /// A word for the present with the word after it, if it may also be meant literally: "last train".
    pub literal: Option<String>,
}

/// `true` if a query asks for the newest memories of all: "latest", "recent memories". There is nothing else to search for.
pub fn asks_for_newest(query: &str) -> bool {
    let (rest, order, _) = without_order(query);
    let is_other = |word: &&str| !MEMORIES.contains(&plain(word, QueryPart::Plain("")).as_str());
    let rest: Vec<_> = rest.split_whitespace().filter(is_other).collect();
    let mut words = query.split_whitespace().map(|word| plain(word, QueryPart::Plain("")));
    order == Some(TimeOrder::Newest)
        && !has_content(&rest.join(" "))
        && !words.any(|word| LITERAL.contains(&word.as_str()))
}

/// `true` if a text with these words in normal form is about an earlier state, and not about the present as well.
pub(crate) fn tells_past(words: &[String]) -> bool {
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let has = |wanted| (0..words.len()).any(|at| phrase(&words, at).is_some_and(|(order, _)| order == wanted));
    has(TimeOrder::Past) && !has(TimeOrder::Newest)
}

/// Reads the order that a query asks for. Quoted words ask for none.
pub fn time_order(query: &str) -> OrderedQuery {
    let (rest, order, literal) = without_order(query);
    let text = if order.is_none() || !has_content(&rest) { query.into() } else { rest };
    OrderedQuery { text, order, literal }
}

/// The query without the words for the present, and its order and literal words.
fn without_order(query: &str) -> (String, Option<TimeOrder>, Option<String>) {
    let parts = query_parts(query).into_iter();
    let words: Vec<_> = parts.flat_map(|part| part.text().split_whitespace().map(move |word| (word, part))).collect();
    let plain: Vec<_> = words.iter().map(|(word, part)| plain(word, *part)).collect();
    let plain: Vec<_> = plain.iter().map(String::as_str).collect();
    let (mut rest, mut order, mut literal, mut at) = (Vec::new(), None, None, 0);
    while at < words.len() {
        let phrase = phrase(&plain, at);
        order = order.or(phrase.map(|(order, _)| order));
        match phrase {
            Some((TimeOrder::Newest, count)) => {
                let next = words.get(at + count).filter(|_| LITERAL.contains(&plain[at]));
                literal = literal.or(next.map(|(next, _)| format!("{} {next}", words[at].0)));
                at += count;
            }
            _ => {
                rest.push(words[at].0);
                at += 1;
            }
        }
    }
    (rest.join(" "), order, literal)
}

/// The order that a phrase at a place among these words asks for, and the number of its words.
fn phrase(words: &[&str], at: usize) -> Option<(TimeOrder, usize)> {
    let (before, words) = words.split_at(at);
    let is_age = words.starts_with(&["old"]) && before.last().is_some_and(|before| AGES.contains(before));
    let found =
        |phrases: &[&[&str]]| phrases.iter().find(|phrase| words.starts_with(phrase)).map(|phrase| phrase.len());
    let (order, count) = None
        .or_else(|| Some((TimeOrder::Newest, found(&NEWEST)?)))
        .or_else(|| Some((TimeOrder::Oldest, found(&OLDEST)?)))
        .or_else(|| Some((TimeOrder::Past, found(&PAST)?)))?;
    let has_other_meaning = words.get(count).is_some_and(|next| NAMES.contains(next) || UNITS.contains(next));
    (!has_other_meaning && !is_age).then_some((order, count))
}

/// A word in lower case without surrounding punctuation, or nothing for a quoted one.
fn plain(word: &str, part: QueryPart<'_>) -> String {
    let QueryPart::Plain(_) = part else { return String::new() };
    word.trim_matches([',', '.', '?', '!', ':', ';', '(', ')']).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SE-15
    #[test]
    fn words_for_the_present_and_the_past_are_read() {
        for (query, rest, order) in [
            ("What is my current employer?", "What is my employer?", Some(TimeOrder::Newest)),
            ("latest blood pressure", "blood pressure", Some(TimeOrder::Newest)),
            ("Where does Ada live now?", "Where does Ada live", Some(TimeOrder::Newest)),
            ("most recent dentist visit", "dentist visit", Some(TimeOrder::Newest)),
            ("Wie ist die aktuelle Adresse?", "Wie ist die Adresse?", Some(TimeOrder::Newest)),
            ("letzter Zahnarztbesuch", "Zahnarztbesuch", Some(TimeOrder::Newest)),
            ("first bicycle", "first bicycle", Some(TimeOrder::Oldest)),
            ("the previous landlord", "the previous landlord", Some(TimeOrder::Past)),
            ("wo wohnte sie früher?", "wo wohnte sie früher?", Some(TimeOrder::Past)),
            ("now", "now", Some(TimeOrder::Newest)),
        ] {
            let ordered = time_order(query);
            assert_eq!((ordered.text.as_str(), ordered.order), (rest, order), "{query}");
        }
    }

    /// SE-15
    #[test]
    fn query_of_order_words_asks_for_the_newest_of_all() {
        for query in ["recent", "most recent", "latest", "recent memories", "my latest notes?", "neueste Erinnerungen"]
        {
            assert!(asks_for_newest(query), "{query}");
        }
        for query in ["now", "last", "latest book", "first", "\"latest\"", "memories", "tea", ""] {
            assert!(!asks_for_newest(query), "{query}");
        }
    }

    #[test]
    fn names_and_times_are_no_order() {
        for query in [
            "current account",
            "her last name",
            "first aid kit",
            "dinner last night",
            "how old is Ada",
            "ten years old",
            "\"now\"",
            "\"The Last of Us\"",
            "the last day of school",
            "tea",
            "",
        ] {
            assert_eq!(time_order(query), OrderedQuery { text: query.into(), order: None, literal: None }, "{query}");
        }
    }

    /// SE-09
    #[test]
    fn words_of_a_name_stay_in_the_query() {
        for (query, text, literal) in [
            ("last train to Potsdam", "train to Potsdam", Some("last train")),
            ("NOW TV", "TV", Some("NOW TV")),
            ("The Last of Us", "The of Us", Some("Last of")),
            ("Where does Ada live now?", "Where does Ada live", None),
            ("current employer", "employer", None),
        ] {
            let ordered = time_order(query);
            assert_eq!((ordered.text.as_str(), ordered.literal.as_deref()), (text, literal), "{query}");
        }
    }
}
