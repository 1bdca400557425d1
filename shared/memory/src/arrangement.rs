//! The order of found memories that match a query equally well: exact phrases first, and a newer memory before an older one
//! that it may have replaced. No memory is hidden.
//!
//! The score cannot decide this. A preference for new memories costs more than it brings: most questions are not about the
//! newest. Only memories that are alike and have the same words of the query are compared by time.

use std::{cell::OnceCell, cmp::Reverse, collections::BTreeSet};

use crate::{
    Memory, MemoryId, OrderedQuery, TimeOrder,
    event_time::event_time,
    index::{
        Approximated, Languages, Match, QueryWord, QueryWords, WordPhrase, Words, is_new, quoted_phrases,
        related_words, state_of, tells_turn, whole_phrase,
    },
    time_order::tells_past,
};
use jiff::Timestamp;

/// Memories to compare by time, which bounds the cost.
pub const COMPARED: usize = 10;
/// Words of the query to look for in similar forms, which bounds it as well.
const ASKED: usize = 16;
/// Phrases of a query to look for.
const PHRASES: usize = 16;
/// Bytes of texts with the words of a phrase to analyse.
const PHRASE_BYTES: usize = 200_000;
/// Bytes of a text to compare: longer ones have more than one fact.
const FACT_BYTES: usize = 600;
/// Likeness from which a newer memory may have replaced an older one.
pub(crate) const REPLACES: f32 = 0.5;
/// Terms in which the two may differ, unless they differ in one span of terms: a name, a number or another value. Memories with
/// more of their own are different facts.
const DIFFERENT: usize = 2;
/// The same if the newer one tells of a change.
const CHANGED: usize = 3;

/// Words that turn a statement into its opposite.
const NEGATIONS: [&str; 14] = [
    "not", "no", "never", "nicht", "kein", "keine", "keinen", "nie", "ne", "jamais", "nunca", "niet", "geen",
    "n\u{e3}o",
];

/// The subject of most memories, which many leave out: "User's rent is 800 euros", "Rent is 850 euros now".
const SUBJECT: &str = "user";

/// The place of a found memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arranged {
    /// Its position before.
    pub index: usize,
    /// The position before of the newest memory that is alike and newer.
    pub newer: Option<usize>,
}

/// The short memories among the best, and the words of the query.
struct Facts {
    /// `None` for a long memory, and for one that matches by its meaning alone.
    facts: Vec<Option<Fact>>,
    words: Vec<FactWord>,
    languages: Languages,
}

/// A short memory, its time, and the terms of the query in it.
struct Fact {
    /// The terms of its words with a meaning, in order.
    words: Vec<String>,
    content: BTreeSet<String>,
    /// The terms of all its words in all forms.
    all: BTreeSet<String>,
    /// The terms of the query among these.
    asked: BTreeSet<String>,
    /// `true` if it tells of a change.
    is_turn: bool,
    /// The terms after a word for "new".
    news: BTreeSet<String>,
    /// The terms of words that begin with a capital letter or a digit, as those of names and numbers do.
    names: BTreeSet<String>,
    /// `true` if it tells of an earlier state, and not of the present.
    is_past: bool,
    /// `true` if it has a word such as "not", which has no term.
    is_negated: bool,
    /// Memories of one moment are in the order of their ids.
    at: (Timestamp, MemoryId),
}

/// A word of the query.
struct FactWord {
    word: QueryWord,
    terms: BTreeSet<String>,
    /// `true` if some memory has it.
    is_found: bool,
    /// The terms of related words, and the forms of close ones. Finding them takes long, and few words need it.
    near: OnceCell<(BTreeSet<String>, Approximated)>,
}

/// Arranges the memories that a query found, which are best first.
pub fn arranged(query: &OrderedQuery, found: &[(&Memory, Match)]) -> Vec<Arranged> {
    let facts = Facts::of(&query.text, found);
    let newer: Vec<_> = (0..found.len()).map(|index| facts.newer(index)).collect();
    let mut with_phrases = with_phrases(query, found);
    if query.order == Some(TimeOrder::Newest) {
        // "The last oil change" of a year ago is no longer the last one.
        with_phrases.iter_mut().zip(&newer).filter(|(_, newer)| newer.is_some()).for_each(|(count, _)| *count = 0);
    }
    let mut indexes: Vec<_> = (0..found.len()).collect();
    indexes.sort_by_key(|index| Reverse(with_phrases[*index]));
    for place in 0..indexes.len() {
        let index = indexes[place];
        let precedes = match query.order {
            None => newer[index],
            // A memory of an earlier state may be the newest.
            Some(TimeOrder::Newest) => facts.of_present(index),
            Some(_) => None,
        };
        let later = precedes.and_then(|precedes| indexes.iter().position(|index| *index == precedes));
        let is_behind = |later: &usize| *later > place && with_phrases[indexes[*later]] == with_phrases[index];
        if let Some(later) = later.filter(is_behind) {
            indexes[place..=later].rotate_right(1);
        }
    }
    indexes.into_iter().map(|index| Arranged { index, newer: newer[index] }).collect()
}

/// The number of phrases of the query in each memory: the quoted ones, or else the whole query. A query that asks for an order
/// has the words instead that may be meant literally.
fn with_phrases(query: &OrderedQuery, found: &[(&Memory, Match)]) -> Vec<usize> {
    let mut phrases = quoted_phrases(&query.text);
    if phrases.is_empty() {
        phrases.extend(match query.order {
            None => whole_phrase(&query.text),
            Some(_) => query.literal.as_deref().map(WordPhrase::of),
        });
    }
    phrases.truncate(PHRASES);
    if phrases.is_empty() {
        return vec![0; found.len()];
    }
    let mut room = PHRASE_BYTES;
    let count = |(memory, _): &(&Memory, Match)| {
        let letters = WordPhrase::letters(&memory.text);
        let mut phrases = phrases.iter().filter(|phrase| phrase.may_be_in(&letters)).peekable();
        let left = phrases.peek().and_then(|_| room.checked_sub(memory.text.len()));
        left.map_or(0, |left| {
            room = left;
            let words = WordPhrase::of(&memory.text);
            phrases.filter(|phrase| words.contains(phrase)).count()
        })
    };
    found.iter().map(count).collect()
}

impl Facts {
    fn of(query: &str, found: &[(&Memory, Match)]) -> Self {
        let mut languages = Languages::default();
        let fact = |(memory, found): &(&Memory, Match)| {
            let is_fact = memory.text.len() <= FACT_BYTES && *found != Match::Related;
            let words = is_fact.then(|| Words::of(&memory.text))?;
            languages.insert(words.language());
            let tells_change = |term: &str| is_new(term) || tells_turn(term);
            let is_of_fact = |term: &&str| *term != SUBJECT && (state_of(term).is_some() || !tells_change(term));
            let content: Vec<_> = words.content().filter(is_of_fact).map(canonical).collect();
            let all = words
                .terms
                .iter()
                .map(|term| term.term.as_str())
                .filter(|term| *term != SUBJECT)
                .map(canonical)
                .collect();
            let begins_name = |at: usize| memory.text[at..].starts_with(|c: char| c.is_uppercase() || c.is_numeric());
            let names = words.terms.iter().filter(|term| term.is_content && begins_name(term.at));
            let pairs: Vec<_> = words.content().collect();
            let news = pairs.windows(2).filter(|pair| is_new(pair[0])).map(|pair| canonical(pair[1])).collect();
            Some(Fact {
                content: content.iter().cloned().collect(),
                words: content,
                all,
                asked: BTreeSet::new(),
                is_turn: words.terms.iter().any(|term| tells_turn(&term.term)),
                news,
                names: names.map(|term| canonical(&term.term)).collect(),
                is_past: tells_past(&words.words),
                is_negated: words.words.iter().any(|word| is_negation(word)),
                at: (stated_at(memory), memory.id),
            })
        };
        let mut facts: Vec<_> = found.iter().take(COMPARED).map(fact).collect();
        let asked = |word: QueryWord| {
            let terms: BTreeSet<_> = word.terms.iter().map(|(term, _)| canonical(term)).collect();
            let mut is_found = false;
            for Fact { all, asked, .. } in facts.iter_mut().flatten() {
                asked.extend(all.intersection(&terms).cloned());
                is_found |= !all.is_disjoint(&terms);
            }
            FactWord { word, terms, is_found, near: OnceCell::new() }
        };
        let words = QueryWords::of(query, languages).asked.into_iter().map(asked).collect();
        Self { facts, words, languages }
    }

    /// The last fact with the same words of the query as one that tells of an earlier state only, and that does not.
    fn of_present(&self, fact: usize) -> Option<usize> {
        let earlier = self.facts.get(fact)?.as_ref().filter(|fact| fact.is_past)?;
        let is_of_present = |fact: &Fact| !fact.is_past && fact.asked.is_superset(&earlier.asked);
        self.facts.iter().rposition(|fact| fact.as_ref().is_some_and(is_of_present))
    }

    /// The newest fact that is newer than one, is alike, and has the same words of the query.
    fn newer(&self, fact: usize) -> Option<usize> {
        let older = self.facts.get(fact)?.as_ref()?;
        let replaces = |newer: &Fact| {
            newer.at > older.at
                && (newer.content != older.content || newer.is_negated != older.is_negated)
                && (newer.restates(older) && self.has_words_of(newer, older) || self.is_changed_by(older, newer))
        };
        let newer = (0..).zip(&self.facts);
        let newer = newer.filter_map(|(index, fact)| Some((index, fact.as_ref().filter(|fact| replaces(fact))?)));
        newer.max_by_key(|(_, fact)| fact.at).map(|(index, _)| index)
    }

    /// `true` if a newer fact tells of a change of an older one: it has its words of the query, with "new" before one of them, or
    /// some of them and its value, "migrated from Heroku".
    fn is_changed_by(&self, older: &Fact, newer: &Fact) -> bool {
        let is_of_new = !newer.news.is_disjoint(&newer.asked);
        let mut values = older.content.difference(&older.asked);
        let repeats_value = !newer.asked.is_disjoint(&older.asked) && values.any(|value| newer.content.contains(value));
        !older.asked.is_empty()
            && (newer.is_turn || is_of_new)
            && newer.content.difference(&older.content).count() <= CHANGED
            && older.content.difference(&newer.content).count() <= CHANGED
            && (newer.is_turn && repeats_value || self.has_words_of(newer, older))
    }

    /// `true` if the newer fact has each word of the query that the older one has, or a close or related one.
    fn has_words_of(&self, newer: &Fact, older: &Fact) -> bool {
        let is_in = |word: &FactWord, number: usize, fact: &Fact| {
            !fact.all.is_disjoint(&word.terms) || (number < ASKED && word.is_near(&fact.all, self.languages))
        };
        let mut words = (0..).zip(&self.words);
        words.all(|(number, word)| is_in(word, number, newer) || !is_in(word, number, older))
    }
}

impl Fact {
    /// `true` if it is like an older fact, with the same words of the query.
    fn restates(&self, older: &Self) -> bool {
        !older.asked.is_empty()
            && self.asked.is_superset(&older.asked)
            && self.differs_little_from(older)
            && older.differs_little_from(self)
            && (dice(&self.content, &older.content) >= REPLACES || self.names_another(older))
    }

    /// `true` if the two are about one subject, and differ in a name, which may have several words: "My manager is Ada Lovelace".
    fn names_another(&self, older: &Self) -> bool {
        let has_name_only = |one: &Self, other: &Self| {
            one.spans_without(other) == 1 && one.content.difference(&other.content).all(|term| one.names.contains(term))
        };
        self.words.first() == older.words.first() && has_name_only(self, older) && has_name_only(older, self)
    }

    /// `true` if few of its terms, or those of one span, are not in another fact.
    fn differs_little_from(&self, other: &Self) -> bool {
        self.content.difference(&other.content).count() <= DIFFERENT || self.spans_without(other) <= 1
    }

    /// The number of spans of terms that another fact lacks. A changed value may have several words.
    fn spans_without(&self, other: &Self) -> usize {
        let is_other = |term: &String| !other.content.contains(term);
        self.words.chunk_by(|one, next| is_other(one) == is_other(next)).filter(|span| is_other(&span[0])).count()
    }
}

impl FactWord {
    /// `true` if a close or related word is among these terms.
    fn is_near(&self, terms: &BTreeSet<String>, languages: Languages) -> bool {
        let (related, close) = self.near.get_or_init(|| {
            let word = self.word.text_word();
            (related_words(word, languages, true).collect(), Approximated::new(word, languages, self.is_found))
        });
        !terms.is_disjoint(related) || close.is_close(terms)
    }
}

/// `true` for "not" and "aren't".
fn is_negation(word: &str) -> bool {
    NEGATIONS.contains(&word) || word.ends_with("n't")
}

/// A term, or the state that it is about.
pub(crate) fn canonical(term: &str) -> String {
    state_of(term).map_or_else(|| term.into(), |state| format!("\u{7}{state}"))
}

/// The Dice coefficient of two sets (Dice 1945), from 0 to 1.
pub(crate) fn dice(one: &BTreeSet<String>, other: &BTreeSet<String>) -> f32 {
    let terms = one.len() + other.len();
    if terms == 0 { 0.0 } else { 2.0 * one.intersection(other).count() as f32 / terms as f32 }
}

/// The time since which a memory holds: of its event, or else of its last change.
fn stated_at(memory: &Memory) -> Timestamp {
    match memory.occurred_at {
        Some(_) => event_time(memory),
        None => memory.updated_at.unwrap_or(memory.created_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Credential, Writer, time_order};

    /// Memories of consecutive days.
    fn memories(texts: &[&str]) -> Vec<Memory> {
        let memory = |(day, text): (i64, &&str)| {
            let created_at = Timestamp::from_second(day * 86_400).expect("in range");
            Memory {
                id: MemoryId::new(created_at, [0; 10]),
                text: (*text).into(),
                tags: vec![],
                source_url: None,
                occurred_at: None,
                created_at,
                written_by: Writer {
                    client: "claude".parse().expect("valid"),
                    host: None,
                    credential: Credential::Person,
                },
                updated_at: None,
                updated_by: None,
                document: None,
            }
        };
        (0..).zip(texts).map(memory).collect()
    }

    fn order(query: &str, texts: &[&str]) -> Vec<usize> {
        let memories = memories(texts);
        let found: Vec<_> = memories.iter().map(|memory| (memory, Match::Exact)).collect();
        arranged(&time_order(query), &found).into_iter().map(|arranged| arranged.index).collect()
    }

    /// SE-15
    #[test]
    fn newer_memory_precedes_the_one_it_may_have_replaced() {
        for (query, old, new) in [
            ("where do I live", "I live in Berlin.", "I moved to Oslo."),
            ("Ada's phone number", "Ada's phone number is 5551234.", "Ada's phone number is 5559876."),
            ("Wo wohnt Ada?", "Ada wohnt in Bremen.", "Ada ist nach Kiel gezogen."),
            (
                "door code of the office",
                "The door code of the office is blue-47.",
                "The door code of the office was changed to green-22.",
            ),
            ("how much rent does the user pay", "User's rent is 800 euros.", "The rent is 850 euros."),
            ("who is my manager", "My manager is Ada Lovelace.", "My manager is Grace Brewster Hopper."),
            ("Adresse", "Meine Adresse ist Lange Gasse 12 in Leipzig.", "Meine Adresse ist Am Hang 3 in Kiel."),
            ("the SPD", "I support the SPD.", "I no longer support the SPD."),
            ("do I eat meat", "I eat meat.", "I don't eat meat."),
            ("are the twins vegan", "The twins are vegan.", "The twins aren't vegan."),
            ("esse ich Fleisch", "Ich esse Fleisch.", "Ich esse kein Fleisch."),
        ] {
            assert_eq!(order(query, &[old, new]), [1, 0], "{query}");
            let memories = memories(&[old, new]);
            let found: Vec<_> = memories.iter().map(|memory| (memory, Match::Exact)).collect();
            for order in [TimeOrder::Oldest, TimeOrder::Past] {
                let query = OrderedQuery { order: Some(order), ..time_order(query) };
                let arranged = arranged(&query, &found);
                assert_eq!(arranged[0], Arranged { index: 0, newer: Some(1) }, "{}", query.text);
            }
        }
    }

    /// SE-15
    #[test]
    fn memory_that_tells_of_a_change_precedes_the_former_state() {
        for (query, old, new) in [
            ("who is my manager", "User's manager is Beatrix.", "Beatrix left; the new manager is Kwabena."),
            ("which phone", "User's phone is a Pixel 7.", "User got a new phone: Fairphone 5."),
            ("triathlon", "User is training for a triathlon.", "User gave up the triathlon after an injury."),
            ("Hausärztin", "Die Hausärztin heißt Dr. Brandt.", "Die neue Hausärztin ist Dr. Lohse in Kiel."),
            ("where is Halyard hosted", "Halyard is hosted on Heroku.", "Halyard was migrated from Heroku to Fly.io."),
        ] {
            assert_eq!(order(query, &[old, new]), [1, 0], "{query}");
        }
        for (query, one, other) in [
            ("rent", "User's rent is 800 euros.", "User bought new skis for the winter."),
            ("Ada's phone", "Ada's phone is a Pixel.", "Ada has a new dog called Bello, which barks at the postman."),
        ] {
            assert_eq!(order(query, &[one, other]), [0, 1], "{query}");
        }
    }

    /// SE-15
    #[test]
    fn former_state_is_not_current() {
        for (query, present, past) in [
            ("current laptop", "User's laptop is a Framework 13.", "User's previous laptop was a ThinkPad."),
            ("where do I live now", "User lives in Kiel.", "User formerly lived in Ulm."),
            ("aktuelle Bank", "Die Bank ist die Sparkasse.", "Die frühere Bank war die ING."),
        ] {
            assert_eq!(order(query, &[past, present]), [1, 0], "{query}");
        }
        let (present, moved) = ("User lives in Kiel.", "User formerly lived in Ulm and now lives in Bonn.");
        assert_eq!(order("where do I live now", &[moved, present]), [0, 1]);
    }

    /// SE-15
    #[test]
    fn other_facts_keep_their_order() {
        for (query, texts) in [
            ("Berlin", ["I live in Berlin.", "I moved to Oslo."]),
            ("what does Ada drink", ["Ada drinks green tea in the morning", "Ada plays chess in a club"]),
            ("Ada tea", ["Ada drinks tea", "Ada drinks coffee"]),
            ("Ada", ["Ada drinks green tea in the morning", "Ada plays chess in a club"]),
            ("who cooks", ["Ada Lovelace cooks.", "Grace Brewster Hopper cooks."]),
            (
                "Ada's garden in spring",
                [
                    "Ada planted tulips and roses in the garden in spring",
                    "Ada painted a garden fence in spring with Grace",
                ],
            ),
        ] {
            assert_eq!(order(query, &texts), [0, 1], "{query}");
        }
    }

    /// SE-02, SE-03, SE-04, SE-09, SE-15
    #[test]
    fn newer_memory_without_a_word_of_the_query_stays_behind() {
        for (query, old, new) in [
            ("dentist Jose", "The dentist is José.", "The dentist is Anna."),
            ("roof 12500", "The roof cost 12,500 euros.", "The roof cost 13,700 euros."),
            ("visa 9 November 2031", "The visa ends 2031-11-09.", "The visa ends 2031-12-09."),
            ("dentist omalley", "The dentist is Dr. O'Malley.", "The dentist is Dr. O'Hara."),
            ("landlord Kowalczik", "The landlord is Mr. Kowalczyk.", "The landlord is Mr. Nowak."),
            ("Versicherung Ada", "Ada hat eine Haftpflichtversicherung.", "Ada hat eine Katze."),
            ("pet of the landlord", "The landlord has a dog.", "The landlord has a car."),
        ] {
            assert_eq!(order(query, &[old, new]), [0, 1], "{query}");
        }
        for (query, old, new) in [
            ("dentist Jose", "The dentist José is in Oslo.", "The dentist José is in Kiel."),
            ("rent of Kowalczik", "Kowalczyk's rent is 800 euros.", "Kowalczyk's rent is 850 euros."),
        ] {
            assert_eq!(order(query, &[old, new]), [1, 0], "{query}");
        }
    }

    /// SR-03
    #[test]
    fn long_texts_are_analysed_as_far_as_there_is_room() {
        let long = format!("{} door green", "x ".repeat(PHRASE_BYTES / 5));
        let phrase = format!("{long} green door");
        assert_eq!(order("green door", &[&long, &phrase]), [1, 0]);
        assert_eq!(order("green door", &[&long, &long, &phrase]), [0, 1, 2]);
        let without = long.replace("green", "blue");
        assert_eq!(order("green door", &[&without, &without, &phrase]), [2, 0, 1], "they take no room");
    }

    /// SE-09, SE-15
    #[test]
    fn word_for_the_present_may_be_part_of_a_name() {
        let train = ["The train to Potsdam costs 4.40 euros.", "The last train to Potsdam leaves at 00:47."];
        assert_eq!(order("last train to Potsdam", &train), [1, 0]);
        let oil = ["Last oil change was in Kiel.", "The oil change was in Oslo."];
        assert_eq!(order("last oil change", &oil), [0, 1], "it has been replaced, so it keeps its place");
    }

    #[test]
    fn exact_phrase_precedes_its_words() {
        let texts = [
            "The door of the green house",
            "A house with a green door",
            "The pub is called The Green Door, beside the station",
        ];
        assert_eq!(order("\"green door\"", &texts), [1, 2, 0]);
        assert_eq!(order("green door", &texts), [1, 2, 0]);
        assert_eq!(order("the green house", &texts), [0, 1, 2]);
    }
}
