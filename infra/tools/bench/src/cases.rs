//! Searches for single memories: accents, identifiers, compounds, typos and other kinds of differences between the words of
//! a memory and those of a query.

use std::{collections::BTreeMap, error::Error, path::Path};

use jean_memory::{
    Filter, MemoryId,
    dates::dated,
    index::{Segment, entry, search},
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::{
    locomo::{self, Granularity},
    output::print,
    recall::memory,
};

/// Memories of the conversations in the account.
const OTHERS: usize = 2000;
const LIMIT: usize = 10;
/// Time between two memories.
const APART: SignedDuration = SignedDuration::from_hours(1);

/// A row of the file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Row {
    Case { kind: String, memory: String, query: String },
    Filler { filler: String },
}

/// The number of cases, of memories in first place, and of memories among five.
#[derive(Default)]
struct Counts([usize; 3]);

pub(crate) fn run(file: &Path, others: &Path) -> Result<(), Box<dyn Error>> {
    let lines = std::fs::read_to_string(file)?;
    let rows: Vec<Row> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let corpora = locomo::read(others, Granularity::Facts)?;
    let others = corpora.into_iter().flat_map(|corpus| corpus.documents).map(|document| document.text).take(OTHERS);
    let of_rows = rows.iter().map(|row| match row {
        Row::Case { memory, .. } => memory.clone(),
        Row::Filler { filler } => filler.clone(),
    });
    let mut now: Timestamp = "2026-01-05T09:00:00Z".parse()?;
    let mut entries = Vec::new();
    for text in of_rows.chain(others) {
        now += APART;
        entries.push(entry(&memory(MemoryId::new(now, [0; 10]), &text, now), None));
    }
    let segment = Segment::build(&entries);
    let mut by_kind = BTreeMap::<&str, Counts>::new();
    let mut all = Counts::default();
    for (row, entry) in rows.iter().zip(&entries) {
        let Row::Case { kind, query, .. } = row else { continue };
        let (text, time) = dated(query, now);
        let hits = search(&[&segment], &text, time.as_ref(), &Filter::default(), |_, _| false, LIMIT)?;
        let place = hits.iter().position(|hit| hit.id == entry.id);
        if place != Some(0) {
            let place = place.map_or("not found".into(), |place| format!("at {}", place + 1));
            let first = hits.first().and_then(|hit| entries.iter().find(|entry| entry.id == hit.id));
            let first = first.map(|entry| format!("; first: {}", entry.text)).unwrap_or_default();
            print(&format!("{kind}: {query}: {place}{first}"));
        }
        let kind = kind.split([',', ':']).next().unwrap_or(kind);
        by_kind.entry(kind).or_default().add(place);
        all.add(place);
    }
    print("\n| kind | rows | first | among five |\n|---|---|---|---|");
    by_kind.iter().for_each(|(kind, counts)| counts.show(kind));
    all.show("all");
    Ok(())
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
