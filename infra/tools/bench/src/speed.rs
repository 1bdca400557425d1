//! The time of a search: generated memories in one large segment, and the newest in a segment of their own. Of the largest
//! account, also with a memory in another language, in which words are translated and stemmed in both.

use std::{
    error::Error,
    hint::black_box,
    time::{Duration, Instant},
};

use indicatif::ProgressIterator;
use jean_memory::{
    Filter,
    index::{Segment, merge, search},
};

use crate::{generator::Generator, output::print};

const ACCOUNTS: [(usize, Option<&str>); 4] = [
    (1_000, None),
    (10_000, None),
    (50_000, None),
    (50_000, Some("Wir waren gestern mit unserer Schwester im Theater")),
];
const QUERIES: usize = 500;
/// Repetitions of each query. The fastest counts, since other processes interrupt the rest.
const REPEATED: usize = 5;
/// Memories in the segment of the newest.
const TAIL: usize = 256;
/// Memories that a search ranks.
const RANKED: usize = 200;

pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    print(
        "| memories | bytes | each | build, ms | merge, ms | open, us | search, median us | 95 %, us | CPU, mean us |",
    );
    print("|---|---|---|---|---|---|---|---|---|");
    for (size, in_another_language) in ACCOUNTS {
        let mut writer = Generator::new(7);
        let mut entries: Vec<_> = (0..size).progress().map(|id| writer.entry(id)).collect();
        if let (Some(text), Some(newest)) = (in_another_language, entries.last_mut()) {
            newest.text = text.into();
        }
        let (old, tail) = entries.split_at(size - TAIL);
        let began = Instant::now();
        let old = Segment::build(old);
        let packed = began.elapsed();
        let tail = Segment::build(tail);
        let stored = old.pack()?;
        let vectors: usize = old.pages().chain(tail.pages()).map(|(_, page)| page.len()).sum();
        let bytes = stored.len() + tail.pack()?.len() + vectors;
        let began = Instant::now();
        black_box(Segment::unpack(&stored)?);
        let opened = began.elapsed();
        let segments = [&old, &tail];
        let began = Instant::now();
        black_box(merge(&segments, |_, _| false)?);
        let merged = began.elapsed();
        let queries: Vec<_> = (0..QUERIES).map(|_| writer.query()).collect();
        let mut took = Vec::with_capacity(QUERIES);
        let began_on_cpu = on_cpu()?;
        for query in &queries {
            let mut quickest = Duration::MAX;
            for _ in 0..REPEATED {
                let began = Instant::now();
                black_box(search(&segments, query, None, &Filter::default(), |_, _| false, RANKED)?);
                quickest = quickest.min(began.elapsed());
            }
            took.push(quickest.as_micros());
        }
        let on_cpu = (on_cpu()? - began_on_cpu) / (QUERIES * REPEATED) as u32;
        took.sort_unstable();
        print(&format!(
            "| {size}{} | {bytes} | {} | {} | {} | {} | {} | {} | {} |",
            if in_another_language.is_some() { ", one in German" } else { "" },
            bytes / size,
            packed.as_millis(),
            merged.as_millis(),
            opened.as_micros(),
            took[QUERIES / 2],
            took[QUERIES * 95 / 100],
            on_cpu.as_micros(),
        ));
    }
    Ok(())
}

/// The time for which this thread has run, without the time of other processes.
fn on_cpu() -> Result<Duration, Box<dyn Error>> {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(Duration::from_nanos(times.split(' ').next().unwrap_or_default().parse()?))
}
