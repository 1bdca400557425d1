//! Search quality: the share of the documents answering a question that a search for it returns.

use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
    path::{Path, PathBuf},
};

use indicatif::{ProgressBar, ProgressStyle};
use jean_encoder::SentenceEncoder;
use jean_memory::{
    Credential, Filter, Memory, MemoryId, OrderedQuery, Writer, arranged,
    index::{Entry, Hit, IndexQuery, Segment, entry, is_english},
    time_order,
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    baseline::Python,
    locomo::{self, Corpus, EvidencePassage, Granularity},
    measure::Measures,
    output::print,
};

/// Documents that a search ranks.
const RANKED: usize = 100;
/// Documents that it shows, which are arranged.
const SHOWN: usize = 10;

/// The category of questions without an answer, which are reported separately.
const UNANSWERABLE: u8 = 5;

/// The indexed parts of a document.
#[derive(Clone, Copy)]
struct Indexed {
    date: bool,
    previous: bool,
}

/// All parts.
const ALL: Indexed = Indexed { date: true, previous: true };

/// The parts of a query.
#[derive(Clone, Copy)]
enum QueryParts {
    Words,
    Meaning,
    All,
}

/// The configurations for `--parts`, each with one more part.
const PARTS: [(&str, Indexed, QueryParts); 4] = [
    ("ours, words of the text", Indexed { date: false, previous: false }, QueryParts::Words),
    ("… and of the date", Indexed { date: true, previous: false }, QueryParts::Words),
    ("… and of the previous turn", ALL, QueryParts::Words),
    ("… and the meaning", ALL, QueryParts::Meaning),
];

type Rankings = Result<Vec<Vec<usize>>, Box<dyn Error>>;

const HEADER: &str = "| | questions | recall@5 | @10 | @20 | MRR | nDCG@10 | success@1 | @10 to the row before |\n|---|---|---|---|---|---|---|---|---|";

pub(crate) fn run(
    file: &Path,
    parts: bool,
    together: bool,
    sets: &[PathBuf],
    encode: bool,
) -> Result<(), Box<dyn Error>> {
    run_locomo(file, parts, together, encode)?;
    for set in sets {
        let corpora = locomo::read_prepared(set)?;
        let name = set.file_stem().unwrap_or_default().to_string_lossy();
        print(&format!("{name}\n\n{HEADER}"));
        let mut rows = Rows::default();
        rows.show("ours, words", measure(&name, &corpora, |corpus| ours(corpus, ALL, QueryParts::Words))?);
        rows.show("ours", measure(&name, &corpora, |corpus| ours(corpus, ALL, QueryParts::All))?);
        if encode {
            rows.show("ours, encoded", measure(&name, &corpora, encoded)?);
        }
        print("");
    }
    Ok(())
}

fn run_locomo(file: &Path, parts: bool, together: bool, encode: bool) -> Result<(), Box<dyn Error>> {
    let python = Python::prepared();
    if let Err(error) = &python {
        print(&format!("SKIPPED: baseline bm25s: {error}\n"));
    }
    let python = python.ok();
    for kind in [Granularity::Turns, Granularity::Facts] {
        let mut corpora = locomo::read(file, kind)?;
        if together {
            corpora = vec![Corpus::together(corpora)];
        }
        let documents: usize = corpora.iter().map(|corpus| corpus.documents.len()).sum();
        print(&format!("{kind:?}: {documents} memories in {} corpora\n", corpora.len()));
        print(HEADER);
        let mut rows = Rows::default();
        if let Some(python) = &python {
            for (name, stemmed, indexed) in [
                ("bm25s, unstemmed", false, Indexed { date: false, previous: false }),
                ("bm25s, stemmed, without stop words", true, Indexed { date: false, previous: false }),
                ("bm25s, the same, on all indexed text", true, ALL),
            ] {
                let mut baseline = python.baseline(stemmed)?;
                let rank = |corpus: &Corpus| {
                    let texts: Vec<_> =
                        memories(corpus, indexed).map(|entry| format!("{} {}", entry.previous, entry.text)).collect();
                    let queries: Vec<_> = corpus.questions.iter().map(|question| question.text.as_str()).collect();
                    baseline.rank(&texts, &queries)
                };
                rows.show(name, measure(name, &corpora, rank)?);
            }
        }
        if parts {
            for (name, indexed, parts) in PARTS {
                rows.show(name, measure(name, &corpora, |corpus| ours(corpus, indexed, parts))?);
            }
        }
        rows.show("ours", measure("ours", &corpora, |corpus| ours(corpus, ALL, QueryParts::All))?);
        if encode {
            rows.show("ours, encoded", measure("ours, encoded", &corpora, encoded)?);
        }
        rows.show_categories();
        print("");
    }
    Ok(())
}

fn ours(corpus: &Corpus, indexed: Indexed, parts: QueryParts) -> Rankings {
    let entries: Vec<_> = memories(corpus, indexed).collect();
    rankings(corpus, &entries, &Segment::build(&entries), parts)
}

/// The rankings with memories encoded as the maintenance does.
fn encoded(corpus: &Corpus) -> Rankings {
    let entries: Vec<_> = memories(corpus, ALL).collect();
    let encoder = SentenceEncoder::shared();
    let vector = |(entry, document): (&Entry, &EvidencePassage)| Some((entry.id, encoder.encode(&document.text)?));
    let documents = entries.iter().zip(&corpus.documents).filter(|(_, document)| is_english(&document.text));
    let vectors: HashMap<_, _> = documents.filter_map(vector).collect();
    let mut segment = Segment::build(&entries);
    let pages: Vec<_> = segment.pages().map(|(page, _)| page).collect();
    for page in pages {
        if let Some(bytes) = segment.encoded_page(page, &vectors) {
            segment = segment.with_page(page, bytes)?;
        }
    }
    rankings(corpus, &entries, &segment, QueryParts::All)
}

fn rankings(corpus: &Corpus, entries: &[Entry], segment: &Segment, parts: QueryParts) -> Rankings {
    let place_of: HashMap<_, _> = entries.iter().map(|entry| entry.id).zip(0..).collect();
    let memories: Vec<_> = entries
        .iter()
        .zip(&corpus.documents)
        .map(|(entry, document)| memory(MemoryId::from(entry.id), &document.text, document.at))
        .collect();
    let ranking = |question: &locomo::LabelledQuestion| {
        let segments = [segment];
        let is_whole = matches!(parts, QueryParts::All);
        let plain = || OrderedQuery { text: question.text.clone(), order: None, literal: None };
        let ordered = if is_whole { time_order(&question.text) } else { plain() };
        let words = IndexQuery::new(&segments, &ordered.text)?;
        let query = match parts {
            QueryParts::Words => words,
            QueryParts::Meaning => words.with_embedding(),
            QueryParts::All => words.approximate()?.expand_synonyms()?.with_embedding().with_neighbours(),
        };
        let hits = query.candidates(&Filter::default(), |_, _| false, RANKED)?.in_order(ordered.order).rank(RANKED);
        let place = |hit: &Hit| Some((*place_of.get(&hit.id)?, hit.found));
        let mut places: Vec<_> = hits.iter().filter_map(place).collect();
        if is_whole {
            let shown: Vec<_> = places.iter().take(SHOWN).map(|(place, found)| (&memories[*place], *found)).collect();
            let arranged: Vec<_> = arranged(&ordered, &shown).iter().map(|arranged| places[arranged.index]).collect();
            places.splice(..arranged.len(), arranged);
        }
        Ok(places.into_iter().map(|(place, _)| place).collect())
    };
    corpus.questions.iter().map(ranking).collect()
}

/// The index entries of a corpus, as they would be made from memories that were added one after another.
fn memories(corpus: &Corpus, indexed: Indexed) -> impl Iterator<Item = Entry> {
    let mut added = Timestamp::MIN;
    (0..).zip(&corpus.documents).map(move |(place, document): (u64, _)| {
        let EvidencePassage { text, at, previous } = document;
        added = if *at > added { *at } else { added + APART };
        let id = MemoryId::new(added, entropy(place));
        let previous = previous.as_deref().filter(|_| indexed.previous);
        let memory = memory(id, text, *at);
        let entry = entry(&memory, previous);
        if indexed.date { entry } else { Entry { text: memory.text, date: String::new(), ..entry } }
    })
}

/// Time between two memories of one session.
const APART: SignedDuration = SignedDuration::from_secs(10);

/// Keeps ids distinct and in order if two sessions began at the same time.
fn entropy(place: u64) -> [u8; 10] {
    let mut entropy = [0; 10];
    entropy[2..].copy_from_slice(&place.to_be_bytes());
    entropy
}

/// A memory with this text, created at a time.
pub(crate) fn memory(id: MemoryId, text: &str, created_at: Timestamp) -> Memory {
    Memory {
        id,
        text: text.into(),
        tags: vec![],
        source_url: None,
        occurred_at: None,
        created_at,
        written_by: writer(),
        updated_at: None,
        updated_by: None,
        document: None,
    }
}

#[expect(clippy::expect_used, reason = "both are literals")]
fn writer() -> Writer {
    Writer {
        client: "bench".parse().expect("a name"),
        host: None,
        credential: Credential::ApiKey("bench".parse().expect("an id")),
    }
}

/// Measures by category of question, and over all answerable questions.
struct QualityReport(BTreeMap<u8, Measures>, Measures);

fn measure(
    name: &str,
    corpora: &[Corpus],
    mut rank: impl FnMut(&Corpus) -> Rankings,
) -> Result<QualityReport, Box<dyn Error>> {
    let style = ProgressStyle::with_template("{msg:40} {wide_bar} {pos}/{len}")?;
    let progress = ProgressBar::new(corpora.len() as u64).with_style(style).with_message(name.to_owned());
    let (mut categories, mut together) = (BTreeMap::<u8, Measures>::new(), Measures::default());
    for corpus in corpora {
        for (question, ranking) in corpus.questions.iter().zip(rank(corpus)?) {
            categories.entry(question.category).or_default().add(&ranking, &question.relevant);
            if question.category != UNANSWERABLE {
                together.add(&ranking, &question.relevant);
            }
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(QualityReport(categories, together))
}

/// The last row of a table.
#[derive(Default)]
struct Rows(Option<QualityReport>);

impl Rows {
    fn show(&mut self, name: &str, report: QualityReport) {
        let QualityReport(_, measures) = &report;
        let before = self.0.as_ref().map(|QualityReport(_, before)| measures.difference(before));
        let before = before.unwrap_or_default();
        print(&format!("| {name} | {} | {} | {before} |", measures.questions, measures.row()));
        self.0 = Some(report);
    }

    /// The categories of the last row.
    fn show_categories(&self) {
        for (category, measures) in self.0.iter().flat_map(|QualityReport(categories, _)| categories) {
            print(&format!("| category {category} | {} | {} | |", measures.questions, measures.row()));
        }
    }
}
