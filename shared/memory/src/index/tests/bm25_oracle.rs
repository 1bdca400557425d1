//! A straightforward BM25 (Robertson and Zaragoza 2009, §3.4.2), as the oracle for the encoded index.

use std::collections::{BTreeMap, HashMap};

use crate::index::{
    language::Languages,
    terms::{MemoryTerm, QueryWords, Words},
};

/// Saturation of repeated terms.
const K1: f64 = 0.9;
/// Normalisation by length.
const B: f64 = 0.4;

/// A document with at least one word of the query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hit {
    /// The index of the document.
    pub(crate) index: usize,
    /// The score. Only the order is significant.
    pub(crate) score: f64,
}

/// The occurrences of each query term in one document, and its length.
struct Counts {
    of_words: BTreeMap<usize, f64>,
    length: usize,
}

/// The matching documents, best first; equal ones in input order.
pub(crate) fn rank<D: AsRef<str>>(query: &str, documents: impl IntoIterator<Item = D>) -> Vec<Hit> {
    let documents: Vec<_> = documents.into_iter().map(|document| Words::of(document.as_ref())).collect();
    let mut languages = Languages::default();
    documents.iter().for_each(|document| languages.insert(document.language()));
    let words = (0..).zip(QueryWords::of(query, languages).asked);
    let terms = words.flat_map(|(word, query)| query.terms.into_iter().map(move |(term, share)| (term, (word, share))));
    let (terms, shares): (Vec<_>, Vec<(usize, f32)>) = terms.unzip();
    // A term of two words as one counts for both.
    let mut asked = HashMap::<_, Vec<usize>>::new();
    terms.into_iter().zip(0..).for_each(|(term, number)| asked.entry(term).or_default().push(number));
    let documents: Vec<_> = documents.iter().map(|document| count(&asked, document)).collect();
    let mut doc_freq = vec![0; shares.len()];
    for word in documents.iter().flat_map(|document| document.of_words.keys()) {
        doc_freq[*word] += 1;
    }
    let weights = doc_freq.into_iter().zip(shares);
    let weights: Vec<_> =
        weights.map(|(doc_freq, (word, share))| (word, f64::from(share) * weight(doc_freq, documents.len()))).collect();
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

fn count(asked: &HashMap<String, Vec<usize>>, words: &Words) -> Counts {
    let mut of_words = BTreeMap::new();
    for MemoryTerm { term, halves, .. } in &words.terms {
        for word in asked.get(term).into_iter().flatten() {
            *of_words.entry(*word).or_default() += f64::from(*halves) / 2.0;
        }
    }
    Counts { of_words, length: words.content().count() }
}

/// The inverse document frequency.
fn weight(doc_freq: u32, documents: usize) -> f64 {
    let doc_freq = f64::from(doc_freq);
    (1.0 + (documents as f64 - doc_freq + 0.5) / (doc_freq + 0.5)).ln()
}

impl Counts {
    fn score(&self, weights: &[(usize, f64)], average: f64) -> f64 {
        let length_norm = K1 * (1.0 - B + B * self.length as f64 / average);
        let mut of_words = BTreeMap::<_, f64>::new();
        for (term, count) in &self.of_words {
            let (word, weight) = weights[*term];
            let best = of_words.entry(word).or_default();
            *best = best.max(weight * count / (count + length_norm));
        }
        of_words.values().sum()
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
    fn rare_term_outweighs_common_one() {
        let documents = ["Ada likes tea", "Ada likes coffee", "Ada likes chess", "Grace plays chess"];
        assert_eq!(order("what does Grace like about chess?", &documents)[0], 3);
    }

    #[test]
    fn short_document_outranks_long_one() {
        let documents = ["tea, and many other words about the weather in spring", "tea"];
        assert_eq!(order("tea", &documents), [1, 0]);
    }

    #[test]
    fn equal_documents_keep_their_order() {
        assert_eq!(order("tea", &["tea", "coffee", "tea", "tea"]), [0, 2, 3]);
    }

    #[test]
    fn empty_query_matches_nothing() {
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
        fn arbitrary_text_does_not_panic(query in any::<String>(), documents in texts()) {
            let hits = rank(&query, &documents);
            prop_assert!(hits.len() <= documents.len());
            prop_assert!(hits.is_sorted_by(|one, next| one.score >= next.score));
        }

        #[test]
        fn document_with_distinctive_word_is_found(
            word in "[b-df-hj-np-tv-z]{6,12}", before in texts(), after in texts(), doc: prop::sample::Index,
        ) {
            let document = format!("{} {word} {}", before.join(" "), after.join(" "));
            let mut documents = [before, after].concat();
            let doc = doc.index(documents.len() + 1);
            documents.insert(doc, document);
            prop_assert!(rank(&word, &documents).iter().any(|hit| hit.index == doc));
        }
    }
}
