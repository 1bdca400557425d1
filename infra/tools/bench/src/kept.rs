//! What a search costs with the store: calls, bytes and time, of an instance that knows the person and of one that does
//! not; and how much memory many people take.

use std::{error::Error, process::id, time::Instant};

use futures::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressIterator};
use jean_memory::{AccessScope, Credential, Filter, Limit, Memory, MemoryId, Query, Restored, Writer};
use jean_memory_service::{Entropy, MemoryService};
use jiff::{SignedDuration, Timestamp};

use crate::{
    process::kilobytes,
    say,
    speed::MadeUp,
    table::{Asked, Counted},
};

const SIZES: [usize; 3] = [1_000, 10_000, 50_000];
const COLD: usize = 5;
const WARM: usize = 200;
/// How many memories are imported at once.
const BATCH: usize = 490;
/// Of many people: one person with many memories, and many people with some.
const MANY: usize = 100_000;
const PEOPLE: usize = 1_000;
const EACH: usize = 50;
const CACHE_BYTES: usize = 200_000_000;
const SMALL_CACHE_BYTES: usize = 20_000_000;

/// A table, and the chance that fills it.
struct Bench {
    counted: Counted,
    made_up: MadeUp,
    drawn: u64,
}

/// Searches of one person, by how many memories they have.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    on_a_table(async |bench| bench.measure().await)
}

/// Searches of many people at once.
pub(crate) fn run_many() -> Result<(), Box<dyn Error>> {
    on_a_table(async |bench| bench.many().await)
}

fn on_a_table(measure: impl AsyncFnOnce(Bench) -> Result<(), Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    let directory = std::env::temp_dir().join(format!("jean-bench-{}", id()));
    std::fs::create_dir_all(&directory)?;
    let path = directory.join("bench.db");
    let counted = Counted::in_file(&path)?;
    let bench = Bench { counted, made_up: MadeUp::new(11), drawn: 0 };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let measured = runtime.block_on(measure(bench));
    std::fs::remove_dir_all(directory)?;
    measured
}

impl Bench {
    async fn measure(mut self) -> Result<(), Box<dyn Error>> {
        say("| memories | | calls | bytes read | median ms | 95 % ms |");
        say("|---|---|---|---|---|---|");
        for size in SIZES {
            let reach = AccessScope::all(format!("person-of-{size}").parse()?);
            self.fill(&reach, size).await?;
            let mut cold = Vec::new();
            for _ in 0..COLD {
                cold.push(self.search(&MemoryService::new(self.counted.table(), CACHE_BYTES), &reach).await?);
            }
            show(size, "cold", cold);
            let service = MemoryService::new(self.counted.table(), CACHE_BYTES);
            self.search(&service, &reach).await?;
            let mut warm = Vec::new();
            for _ in 0..WARM {
                warm.push(self.search(&service, &reach).await?);
            }
            show(size, "warm", warm);
        }
        Ok(())
    }

    /// One person with very many memories and many people at once, on an instance with a small cache.
    async fn many(mut self) -> Result<(), Box<dyn Error>> {
        let largest = AccessScope::all("person-of-many".parse()?);
        self.fill(&largest, MANY).await?;
        let mut everybody = vec![largest];
        for person in (0..PEOPLE).progress() {
            let reach = AccessScope::all(format!("person-{person}").parse()?);
            self.add(&MemoryService::new(self.counted.table(), 0), &reach, EACH).await?;
            everybody.push(reach);
        }
        let service = MemoryService::new(self.counted.table(), SMALL_CACHE_BYTES);
        let before = kilobytes(id(), "VmRSS")?;
        let began = Instant::now();
        let searches: Vec<_> = everybody.iter().map(|reach| (reach, self.query(), self.entropy())).collect();
        let now = now();
        let found = stream::iter(searches)
            .map(|(reach, query, entropy)| {
                let service = service.clone();
                async move { service.search(reach, &query?, now, entropy).await.map_err(Box::<dyn Error>::from) }
            })
            .buffer_unordered(PEOPLE + 1)
            .collect::<Vec<_>>()
            .await;
        let number = found.len();
        let failed = found.iter().filter(|found| found.is_err()).count();
        say(&format!(
            "\n{MANY} memories of one person and {EACH} of each of {PEOPLE}: {number} searches at once in {} ms, {failed} \
             failed; {} MB resident before, {} MB after, with a cache of {} MB.",
            began.elapsed().as_millis(),
            before / 1000,
            kilobytes(id(), "VmRSS")? / 1000,
            SMALL_CACHE_BYTES / 1_000_000,
        ));
        Ok(())
    }

    async fn fill(&mut self, reach: &AccessScope, size: usize) -> Result<(), Box<dyn Error>> {
        let service = MemoryService::new(self.counted.table(), CACHE_BYTES);
        let progress = ProgressBar::new(size as u64);
        for at in (0..size).step_by(BATCH) {
            let batch = BATCH.min(size - at);
            self.add(&service, reach, batch).await?;
            progress.inc(batch as u64);
        }
        // As a person's index is after some time: packed, with some changes that are not.
        self.search(&service, reach).await?;
        self.add(&service, reach, 20).await
    }

    async fn add(&mut self, service: &MemoryService, reach: &AccessScope, number: usize) -> Result<(), Box<dyn Error>> {
        let mut batch = Vec::with_capacity(number);
        for _ in 0..number {
            batch.push(Restored::new(self.memory()?)?);
        }
        service.import(reach, batch, now(), self.entropy()).await?;
        Ok(())
    }

    fn memory(&mut self) -> Result<Memory, Box<dyn Error>> {
        let entropy = self.entropy();
        let at = now() - SignedDuration::from_hours((self.drawn % 40_000).try_into()?);
        let credential = Credential::Grant { client_id: "client_1".parse()?, grant_id: "grant1".parse()? };
        Ok(Memory {
            id: MemoryId::new(at, *entropy.first_chunk().ok_or("too little")?),
            text: self.made_up.text(),
            tags: vec![],
            source_url: None,
            occurred_at: None,
            created_at: Timestamp::from_second(at.as_second())?,
            written_by: Writer { client: "client".parse()?, credential },
            updated_at: None,
            updated_by: None,
            document: None,
        })
    }

    fn query(&mut self) -> Result<Query, Box<dyn Error>> {
        Ok(Query::new(self.made_up.query(), Filter::default(), Limit::default())?)
    }

    async fn search(&mut self, service: &MemoryService, reach: &AccessScope) -> Result<(Asked, u128), Box<dyn Error>> {
        let (query, entropy) = (self.query()?, self.entropy());
        self.counted.asked();
        let began = Instant::now();
        service.search(reach, &query, now(), entropy).await?;
        Ok((self.counted.asked(), began.elapsed().as_micros()))
    }

    fn entropy(&mut self) -> Entropy {
        self.drawn += 1;
        let mut entropy = [0; 32];
        entropy.chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&self.made_up.next().to_le_bytes()));
        entropy
    }
}

fn show(size: usize, name: &str, mut searches: Vec<(Asked, u128)>) {
    searches.sort_unstable_by_key(|(_, took)| *took);
    let at = |share: usize| searches[searches.len() * share / 100].1 as f64 / 1000.0;
    let calls = searches.iter().map(|(asked, _)| asked.calls).max().unwrap_or_default();
    let bytes = searches.iter().map(|(asked, _)| asked.bytes).max().unwrap_or_default();
    say(&format!("| {size} | {name} | {calls} | {bytes} | {:.1} | {:.1} |", at(50), at(95)));
}

/// The moment everything happens at.
fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap_or_default()
}
