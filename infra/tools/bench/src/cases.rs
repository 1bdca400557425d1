//! Searches for single memories: accents, identifiers, compounds, typos and other kinds of differences between the words of
//! a memory and those of a query.

use std::{
    collections::{BTreeMap, HashSet},
    error::Error,
    path::Path,
};

use jean_memory::{
    Filter, Memory, MemoryId, arranged,
    dates::dated,
    index::{Entry, IndexQuery, Segment, entry},
    time_order,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Deserialize;

use crate::{
    generator::Generator,
    locomo::{self, Granularity},
    output::print,
    recall::memory,
};

/// The rows of this project, by requirement and kind.
const OWN: &str = include_str!("../cases.jsonl");
/// Other memories in the account.
const OTHERS: usize = 2000;
/// The kind of rows that no word of the query answers.
const MEANING: &str = "SE-12";
const LIMIT: usize = 10;
/// Time between two memories.
const APART: SignedDuration = SignedDuration::from_hours(1);

/// A row of a file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Row {
    Case { kind: String, memory: String, query: String },
    Filler { filler: String },
}

/// The place of a row's memory among the results.
struct CaseResult<'a> {
    kind: &'a str,
    query: &'a str,
    place: Option<usize>,
    first: Option<&'a str>,
}

/// The number of cases, of memories in first place, and of memories among five.
#[derive(Debug, Default)]
struct Counts([usize; 3]);

pub(crate) fn run(file: Option<&Path>, others: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let rows = file.map(std::fs::read_to_string).transpose()?;
    let rows = read(rows.as_deref().unwrap_or(OWN))?;
    let others = match others {
        Some(others) => {
            let corpora = locomo::read(others, Granularity::Facts)?;
            let texts = corpora.into_iter().flat_map(|corpus| corpus.documents).map(|document| document.text);
            texts.take(OTHERS).collect()
        }
        None => generated(&rows),
    };
    let account = CaseAccount::new(&rows, others)?;
    let mut by_kind = BTreeMap::<&str, Counts>::new();
    let mut all = Counts::default();
    for outcome in account.outcomes(&rows)? {
        let CaseResult { kind, query, place, first } = outcome;
        if place != Some(0) {
            let place = place.map_or("not found".into(), |place| format!("at {}", place + 1));
            print(&format!("{kind}: {query}: {place}; first: {}", first.unwrap_or("none")));
        }
        by_kind.entry(kind.split([',', ':']).next().unwrap_or(kind)).or_default().add(place);
        all.add(place);
    }
    print("\n| kind | rows | first | among five |\n|---|---|---|---|");
    by_kind.iter().for_each(|(kind, counts)| counts.show(kind));
    all.show("all");
    Ok(())
}

fn read(lines: &str) -> Result<Vec<Row>, serde_json::Error> {
    lines.lines().map(serde_json::from_str).collect()
}

/// Generated memories, without the words of the queries that only the meaning answers: memories with them would match better.
fn generated(rows: &[Row]) -> Vec<String> {
    let queries = rows.iter().filter_map(|row| match row {
        Row::Case { kind, query, .. } if kind.starts_with(MEANING) => Some(query.split(' ')),
        _ => None,
    });
    let left_out: HashSet<_> = queries.flatten().collect();
    let mut writer = Generator::new(11);
    let text = |text: String| text.split(' ').filter(|word| !left_out.contains(word)).collect::<Vec<_>>().join(" ");
    (0..OTHERS).map(|_| text(writer.text())).collect()
}

/// The memories of all rows, and others, in one account.
struct CaseAccount {
    memories: Vec<Memory>,
    segment: Segment,
    now: Timestamp,
}

impl CaseAccount {
    fn new(rows: &[Row], others: Vec<String>) -> Result<Self, Box<dyn Error>> {
        let of_rows = rows.iter().map(|row| match row {
            Row::Case { memory, .. } => memory.clone(),
            Row::Filler { filler } => filler.clone(),
        });
        let mut now: Timestamp = "2026-01-05T09:00:00Z".parse()?;
        let (mut memories, mut known) = (Vec::new(), HashSet::new());
        // Several rows may ask for the same memory.
        for text in of_rows.chain(others).filter(|text| known.insert(text.clone())) {
            now += APART;
            memories.push(memory(MemoryId::new(now, [0; 10]), &text, now));
        }
        let entries: Vec<Entry> = memories.iter().map(|memory| entry(memory, None)).collect();
        Ok(Self { segment: Segment::build(&entries), memories, now })
    }

    fn outcomes<'a>(&'a self, rows: &'a [Row]) -> Result<Vec<CaseResult<'a>>, Box<dyn Error>> {
        let mut outcomes = Vec::new();
        for row in rows {
            let Row::Case { kind, query, memory } = row else { continue };
            let found = self.search(query)?;
            let place = found.iter().position(|found| found.text == *memory);
            outcomes.push(CaseResult { kind, query, place, first: found.first().map(|found| found.text.as_str()) });
        }
        Ok(outcomes)
    }

    /// The memories that a query finds, as the memory service arranges them.
    fn search(&self, query: &str) -> Result<Vec<&Memory>, Box<dyn Error>> {
        let (text, time) = dated(query, self.now, &TimeZone::UTC);
        let ordered = time_order(&text);
        let segments = [&self.segment];
        let query = IndexQuery::parse(&segments, &ordered.text, time.as_ref())?;
        let hits = query.candidates(&Filter::default(), |_, _| false, LIMIT)?.in_order(ordered.order).rank(LIMIT);
        let memory = |id| self.memories.iter().find(|memory| memory.id == MemoryId::from(id));
        let found: Vec<_> = hits.iter().filter_map(|hit| Some((memory(hit.id)?, hit.found))).collect();
        Ok(arranged(&ordered, &found).iter().map(|arranged| found[arranged.index].0).collect())
    }
}

impl Counts {
    fn add(&mut self, place: Option<usize>) {
        let found = [true, place == Some(0), place.is_some_and(|place| place < 5)];
        self.0.iter_mut().zip(found).for_each(|(count, found)| *count += usize::from(found));
    }

    fn show(&self, kind: &str) {
        let [rows, first, five] = self.0;
        print(&format!("| {kind} | {rows} | {first} | {five} |"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SE-01, SE-02, SE-03, SE-04, SE-05, SE-06, SE-07, SE-08, SE-09, SE-10, SE-11, SE-12
    #[test]
    fn rows_are_found_among_other_memories() {
        let rows = read(OWN).expect("rows");
        let account = CaseAccount::new(&rows, generated(&rows)).expect("an account");
        let outcomes = account.outcomes(&rows).expect("searches");
        let mut by_kind = BTreeMap::<&str, Counts>::new();
        let mut all = Counts::default();
        for CaseResult { kind, query, place, first } in outcomes {
            assert!(first.is_some() || !kind.starts_with(MEANING), "{query}");
            by_kind.entry(&kind[..MEANING.len()]).or_default().add(place);
            if !kind.starts_with(MEANING) {
                all.add(place);
            }
        }
        let Counts([rows, first, five]) = all;
        assert!(first * 100 >= rows * FIRST && five * 100 >= rows * AMONG_FIVE, "{by_kind:#?}");
        let ids: Vec<_> = (1..=12).map(|number| format!("SE-{number:02}")).collect();
        assert!(by_kind.keys().eq(&ids), "{by_kind:#?}");
        assert!(by_kind.values().all(|Counts([rows, ..])| *rows >= 10), "{by_kind:#?}");
    }

    /// Per cent of the rows in first place, and among five. Memories without a word of the query only have to be found at all.
    const FIRST: usize = 95;
    const AMONG_FIVE: usize = 97;
}
