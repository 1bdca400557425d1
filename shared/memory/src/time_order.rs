//! Words of a query that ask for an order in time: "latest", "current", "first", "previous"; "neueste", "derzeit".
//!
//! They order the memories that match about as well as the best, and hide none. In the languages of the pages.

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
const NEWEST: [&[&str]; 42] = [
    &["latest"],
    &["newest"],
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
/// Words after which "old" is an age.
const AGES: [&str; 9] = ["how", "year", "years", "month", "months", "week", "weeks", "day", "days"];
/// Words with which "first", "last", "now" and "current" have another meaning.
const NAMES: [&str; 16] = [
    "account", "affairs", "aid", "class", "events", "floor", "grade", "lady", "minute", "name", "names", "resort",
    "stock", "and", "hilfe", "stunde",
];
/// Units with which "last" is a time, which [`dated`](crate::dates::dated) reads as far as it can.
const UNITS: [&str; 26] = [
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

/// The order that a query asks for, and the query without the words for the present.
pub fn time_order(query: &str) -> (String, Option<TimeOrder>) {
    let words: Vec<_> = query.split_whitespace().collect();
    let plain: Vec<_> = words.iter().map(|word| plain(word)).collect();
    let plain: Vec<_> = plain.iter().map(String::as_str).collect();
    let (mut rest, mut order, mut at) = (Vec::new(), None, 0);
    while at < words.len() {
        let phrase = phrase(&plain, at);
        order = order.or(phrase.map(|(order, _)| order));
        match phrase {
            Some((TimeOrder::Newest, count)) => at += count,
            _ => {
                rest.push(words[at]);
                at += 1;
            }
        }
    }
    let is_empty = !rest.iter().any(|word| word.contains(char::is_alphanumeric));
    (if is_empty { query.into() } else { rest.join(" ") }, order)
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

/// A word in lower case without surrounding punctuation. A word in quotation marks is searched as it is.
fn plain(word: &str) -> String {
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
            assert_eq!(time_order(query), (rest.into(), order), "{query}");
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
            "tea",
            "",
        ] {
            assert_eq!(time_order(query), (query.into(), None), "{query}");
        }
    }
}
