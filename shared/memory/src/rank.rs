//! Ranking by BM25 (Robertson and Zaragoza 2009, §3.4.2), plainly: what the packed index has to agree with.
//!
//! k1 and b are lower than usual, since memories are short: a word said twice means little more than once, and a long
//! memory is not less about its subject. Whatever is worth finding a memory by has to stand in its text: what is
//! indexed decides more than any formula.

use std::collections::{BTreeMap, HashMap};

use crate::index::{Languages, Words, query_words};

/// How fast a repeated word stops to count.
const K1: f64 = 0.9;
/// How much a long document is marked down.
const B: f64 = 0.4;

/// A document that has at least one word of the query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hit {
    /// Its place among the documents.
    pub(crate) index: usize,
    /// How well it answers; only the order means something.
    pub(crate) score: f64,
}

/// How often each word of the query is in one document, and how long the document is.
struct Counts {
    of_words: BTreeMap<usize, u32>,
    length: usize,
}

/// The documents that have a word of the query, best first; equal ones in the order they came in.
pub(crate) fn rank<D: AsRef<str>>(query: &str, documents: impl IntoIterator<Item = D>) -> Vec<Hit> {
    let documents: Vec<_> = documents.into_iter().map(|document| Words::of(document.as_ref())).collect();
    let mut languages = Languages::default();
    documents.iter().for_each(|document| languages.insert(document.language));
    let asked: HashMap<_, _> = query_words(query, languages).into_iter().flat_map(|word| word.terms).zip(0..).collect();
    let documents: Vec<_> = documents.iter().map(|document| count(&asked, &document.terms)).collect();
    let mut having = vec![0; asked.len()];
    for word in documents.iter().flat_map(|document| document.of_words.keys()) {
        having[*word] += 1;
    }
    let weights: Vec<_> = having.into_iter().map(|having| weight(having, documents.len())).collect();
    let average = documents.iter().map(|document| document.length).sum::<usize>() as f64 / documents.len() as f64;
    let mut hits: Vec<_> = documents
        .iter()
        .enumerate()
        .map(|(index, document)| Hit { index, score: document.score(&weights, average) })
        .filter(|hit| hit.score > 0.0)
        .collect();
    hits.sort_by(|one, other| other.score.total_cmp(&one.score));
    hits
}

fn count(asked: &HashMap<String, usize>, words: &[String]) -> Counts {
    let mut of_words = BTreeMap::new();
    for word in words.iter().filter_map(|word| asked.get(word)) {
        *of_words.entry(*word).or_default() += 1;
    }
    Counts { of_words, length: words.len() }
}

/// A rare word says more than a common one; even the commonest says something.
fn weight(having: u32, documents: usize) -> f64 {
    let having = f64::from(having);
    (1.0 + (documents as f64 - having + 0.5) / (having + 0.5)).ln()
}

impl Counts {
    fn score(&self, weights: &[f64], average: f64) -> f64 {
        let patience = K1 * (1.0 - B + B * self.length as f64 / average);
        self.of_words
            .iter()
            .map(|(word, count)| weights[*word] * f64::from(*count) / (f64::from(*count) + patience))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order(query: &str, documents: &[&str]) -> Vec<usize> {
        rank(query, documents).iter().map(|hit| hit.index).collect()
    }

    #[test]
    fn a_rare_word_outweighs_a_common_one() {
        let documents = ["Ada likes tea", "Ada likes coffee", "Ada likes chess", "Grace plays chess"];
        assert_eq!(order("what does Grace like about chess?", &documents)[0], 3);
    }

    #[test]
    fn a_short_document_outranks_a_long_one_that_says_it_as_often() {
        let documents = ["tea, and many other words about the weather in spring", "tea"];
        assert_eq!(order("tea", &documents), [1, 0]);
    }

    #[test]
    fn equal_documents_stay_in_their_order() {
        assert_eq!(order("tea", &["tea", "coffee", "tea", "tea"]), [0, 2, 3]);
    }

    #[test]
    fn nothing_is_found_by_nothing() {
        assert!(order("", &["tea"]).is_empty());
        assert!(order("who are you?", &["who are you"]).is_empty());
        assert!(order("tea", &[]).is_empty());
        assert!(order("tea", &["", "!"]).is_empty());
    }

    fn texts() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(any::<String>(), 0..8)
    }

    proptest! {
        #[test]
        fn no_text_makes_the_search_panic(query in any::<String>(), documents in texts()) {
            let hits = rank(&query, &documents);
            prop_assert!(hits.len() <= documents.len());
            prop_assert!(hits.is_sorted_by(|one, next| one.score >= next.score));
        }

        #[test]
        fn every_document_with_a_distinctive_word_is_found(
            word in "[b-df-hj-np-tv-z]{6,12}", before in texts(), after in texts(), place: prop::sample::Index,
        ) {
            let document = format!("{} {word} {}", before.join(" "), after.join(" "));
            let mut documents = [before, after].concat();
            let place = place.index(documents.len() + 1);
            documents.insert(place, document);
            prop_assert!(rank(&word, &documents).iter().any(|hit| hit.index == place));
        }
    }
}
