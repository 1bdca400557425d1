//! How much of what answers a question is found by it.

use std::{collections::BTreeMap, error::Error, path::Path};

use indicatif::{ProgressBar, ProgressStyle};
use jean_memory::{
    Credential, Filter, Memory, MemoryId, Writer,
    index::{Entry, Question, Segment, entry},
};

use crate::{
    baseline::Python,
    locomo::{self, Corpus, Document, Kind},
    measure::Measures,
    say,
};

/// How many are ranked.
const RANKED: usize = 100;

/// The category of the questions that have no answer: their evidence is counted beside that of the others.
const UNANSWERABLE: u8 = 5;

/// What of a document is indexed.
#[derive(Clone, Copy)]
struct Indexed {
    date: bool,
    previous: bool,
}

/// Everything that there is.
const ALL: Indexed = Indexed { date: true, previous: true };

/// What of a question is looked for.
#[derive(Clone, Copy)]
enum Asked {
    Words,
    Meaning,
    All,
}

/// Ours, one part after the other.
const PARTS: [(&str, Indexed, Asked); 4] = [
    ("ours, words of the text alone", Indexed { date: false, previous: false }, Asked::Words),
    ("… and of the date", Indexed { date: true, previous: false }, Asked::Words),
    ("… and of the previous turn", ALL, Asked::Words),
    ("… and the meaning", ALL, Asked::Meaning),
];

type Rankings = Result<Vec<Vec<usize>>, Box<dyn Error>>;

pub(crate) fn run(file: &Path, parts: bool) -> Result<(), Box<dyn Error>> {
    let python = Python::prepared();
    if let Err(error) = &python {
        say(&format!("SKIPPED: bm25s, the baseline: {error}\n"));
    }
    let python = python.ok();
    for kind in [Kind::Turns, Kind::Facts] {
        let corpora = locomo::read(file, kind)?;
        let documents: usize = corpora.iter().map(|corpus| corpus.documents.len()).sum();
        say(&format!("{kind:?}: {documents} memories in {} corpora\n", corpora.len()));
        say("| | questions | recall@5 | @10 | @20 | MRR | nDCG@10 |\n|---|---|---|---|---|---|---|");
        if let Some(python) = &python {
            for (name, stemmed, indexed) in [
                ("bm25s, every word as it is", false, Indexed { date: false, previous: false }),
                ("bm25s, stemmed, without its stop words", true, Indexed { date: false, previous: false }),
                ("bm25s, the same, on all that we index", true, ALL),
            ] {
                let mut baseline = python.baseline(stemmed)?;
                let rank = |corpus: &Corpus| {
                    let texts: Vec<_> = memories(corpus, indexed).map(|entry| entry.text).collect();
                    let queries: Vec<_> = corpus.questions.iter().map(|question| question.text.as_str()).collect();
                    baseline.rank(&texts, &queries)
                };
                measure(name, &corpora, rank)?.show(name);
            }
        }
        if parts {
            for (name, indexed, asked) in PARTS {
                measure(name, &corpora, |corpus| ours(corpus, indexed, asked))?.show(name);
            }
        }
        let name = "ours";
        let measured = measure(name, &corpora, |corpus| ours(corpus, ALL, Asked::All))?;
        measured.show(name);
        measured.show_categories();
        say("");
    }
    Ok(())
}

fn ours(corpus: &Corpus, indexed: Indexed, asked: Asked) -> Rankings {
    let entries: Vec<_> = memories(corpus, indexed).collect();
    let segment = Segment::open(Segment::build(&entries))?;
    let ranking = |question: &locomo::Question| {
        let segments = [&segment];
        let words = Question::new(&segments, &question.text)?;
        let question = match asked {
            Asked::Words => words,
            Asked::Meaning => words.and_meaning(),
            Asked::All => words.and_what_is_near()?.and_meaning(),
        };
        let hits = question.search(&Filter::default(), |_, _| false, RANKED)?;
        Ok(hits.iter().filter_map(|hit| segment.find(hit.id)).map(|place| place as usize).collect())
    };
    corpus.questions.iter().map(ranking).collect()
}

/// What is indexed of the documents of a corpus, as it would be of memories.
fn memories(corpus: &Corpus, indexed: Indexed) -> impl Iterator<Item = Entry> {
    (0..).zip(&corpus.documents).map(move |(place, document)| {
        let Document { text, at, previous } = document;
        let id = MemoryId::from(place);
        let previous = previous.as_deref().filter(|_| indexed.previous);
        let written_by = writer();
        let (occurred_at, created_at) = (None, *at);
        let (updated_at, updated_by, document) = (None, None, None);
        let (tags, source_url, text) = (vec![], None, text.clone());
        let memory = Memory {
            id,
            text,
            tags,
            source_url,
            occurred_at,
            created_at,
            written_by,
            updated_at,
            updated_by,
            document,
        };
        let entry = entry(&memory, previous);
        if indexed.date { entry } else { Entry { text: memory.text, ..entry } }
    })
}

#[expect(clippy::expect_used, reason = "both are written here")]
fn writer() -> Writer {
    Writer { client: "bench".parse().expect("a name"), credential: Credential::ApiKey("bench".parse().expect("an id")) }
}

/// What was measured, by category of the questions.
struct Measured(BTreeMap<u8, Measures>, Measures);

fn measure(
    name: &str,
    corpora: &[Corpus],
    mut rank: impl FnMut(&Corpus) -> Rankings,
) -> Result<Measured, Box<dyn Error>> {
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
    Ok(Measured(categories, together))
}

impl Measured {
    fn show(&self, name: &str) {
        say(&format!("| {name} | {} | {} |", self.1.questions, self.1.row()));
    }

    fn show_categories(&self) {
        for (category, measures) in &self.0 {
            say(&format!("| category {category} | {} | {} |", measures.questions, measures.row()));
        }
    }
}
