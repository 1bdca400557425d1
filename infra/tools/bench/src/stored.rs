//! The cost of a search with the store: calls, bytes and read units on cold and warm instances, and memory with many users.

use std::{
    collections::HashSet,
    error::Error,
    process::id,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use futures::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressIterator};
use jean_memory::{AccessScope, Credential, Filter, Limit, Memory, MemoryId, NewMemory, Query, Restored, Writer};
use jean_memory_service::{IdGenerator, MemoryService};
use jiff::{SignedDuration, Timestamp};

use crate::{
    generator::Generator,
    output::print,
    process::kilobytes,
    table::{CountingTable, ReadUnits, TableLoad},
};

const SIZES: [usize; 3] = [1_000, 10_000, 50_000];
const COLD: usize = 5;
const WARM: usize = 200;
/// Memories per import.
const BATCH: usize = 490;
/// Memories of the largest user; number of other users; memories of each of them.
const MANY: usize = 100_000;
const USERS: usize = 1_000;
const EACH: usize = 50;
const CACHE_BYTES: usize = 200_000_000;
const SMALL_CACHE_BYTES: usize = 20_000_000;

/// A table, and the generator of its content.
struct Bench {
    table: CountingTable,
    generator: Generator,
    ids: IdGenerator,
    created: u64,
}

/// Searches of one user, by number of memories.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    on_a_table(async |bench| bench.measure().await)
}

/// Concurrent searches of many users.
pub(crate) fn run_many() -> Result<(), Box<dyn Error>> {
    on_a_table(async |bench| bench.many().await)
}

fn on_a_table(measure: impl AsyncFnOnce(Bench) -> Result<(), Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let table = CountingTable::in_file(&directory.path().join("bench.db"))?;
    let bench = Bench { table, generator: Generator::new(11), ids: seeded_ids(12), created: 0 };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(measure(bench))
}

impl Bench {
    async fn measure(mut self) -> Result<(), Box<dyn Error>> {
        print("| memories | | calls | bytes read | mean read units | queries | segments | vectors | memories | most |");
        print("|---|---|---|---|---|---|---|---|---|---|");
        for size in SIZES {
            let scope = AccessScope::all(format!("user-of-{size}").parse()?);
            self.fill(&scope, size).await?;
            let mut cold = Vec::new();
            for _ in 0..COLD {
                cold.push(self.search(&self.service(CACHE_BYTES), &scope).await?);
            }
            show(size, "cold", &cold);
            let service = self.service(CACHE_BYTES);
            self.search(&service, &scope).await?;
            let mut warm = Vec::new();
            for _ in 0..WARM {
                warm.push(self.search(&service, &scope).await?);
            }
            show(size, "warm", &warm);
        }
        Ok(())
    }

    /// Searches for one user with very many memories and for many others concurrently, on an instance with a small cache.
    async fn many(mut self) -> Result<(), Box<dyn Error>> {
        let largest = AccessScope::all("user-of-many".parse()?);
        self.fill(&largest, MANY).await?;
        let mut scopes = vec![largest];
        for user in (0..USERS).progress() {
            let scope = AccessScope::all(format!("user-{user}").parse()?);
            self.add(&self.service(0), &scope, EACH).await?;
            scopes.push(scope);
        }
        let service = self.service(SMALL_CACHE_BYTES);
        let before = kilobytes(id(), "VmRSS")?;
        let began = Instant::now();
        let searches: Vec<_> = scopes.iter().map(|scope| (scope, self.query())).collect();
        let found = stream::iter(searches)
            .map(|(scope, query)| {
                let service = service.clone();
                async move { service.search(scope, &query?).await.map_err(Box::<dyn Error>::from) }
            })
            .buffer_unordered(USERS + 1)
            .collect::<Vec<_>>()
            .await;
        let number = found.len();
        let failed = found.iter().filter(|found| found.is_err()).count();
        print(&format!(
            "\n{MANY} memories of one user and {EACH} of each of {USERS}: {number} concurrent searches in {} ms, {failed} \
             failed; {} MB resident before, {} MB after, with a cache of {} MB.",
            began.elapsed().as_millis(),
            before / 1000,
            kilobytes(id(), "VmRSS")? / 1000,
            SMALL_CACHE_BYTES / 1_000_000,
        ));
        Ok(())
    }

    async fn fill(&mut self, scope: &AccessScope, size: usize) -> Result<(), Box<dyn Error>> {
        let service = self.service(CACHE_BYTES);
        let progress = ProgressBar::new(size as u64);
        for at in (0..size).step_by(BATCH) {
            let batch = BATCH.min(size - at);
            self.add(&service, scope, batch).await?;
            progress.inc(batch as u64);
        }
        // The state of an index after some time: compacted, with some additions since.
        self.search(&service, scope).await?;
        for _ in 0..20 {
            let new = NewMemory::new(&self.generator.text(), vec![], None, None)?;
            service.add(scope, new, writer()?).await?;
        }
        Ok(())
    }

    async fn add(&mut self, service: &MemoryService, scope: &AccessScope, number: usize) -> Result<(), Box<dyn Error>> {
        let mut batch = Vec::with_capacity(number);
        for _ in 0..number {
            batch.push(Restored::new(self.memory()?)?);
        }
        service.import(scope, batch, &HashSet::new(), || true).await?;
        Ok(())
    }

    fn memory(&mut self) -> Result<Memory, Box<dyn Error>> {
        self.created += 1;
        let at = now() - SignedDuration::from_hours((self.created % 40_000).try_into()?);
        let mut entropy = [0; 10];
        self.generator.fill(&mut entropy);
        Ok(Memory {
            id: MemoryId::new(at, entropy),
            text: self.generator.text(),
            tags: vec![],
            source_url: None,
            occurred_at: None,
            created_at: Timestamp::from_second(at.as_second())?,
            written_by: writer()?,
            updated_at: None,
            updated_by: None,
            document: None,
        })
    }

    fn query(&mut self) -> Result<Query, Box<dyn Error>> {
        Ok(Query::new(self.generator.query(), Filter::default(), Limit::default())?)
    }

    async fn search(&mut self, service: &MemoryService, scope: &AccessScope) -> Result<TableLoad, Box<dyn Error>> {
        let query = self.query()?;
        self.table.take_load();
        service.search(scope, &query).await?;
        Ok(self.table.take_load())
    }

    fn service(&self, cache_bytes: usize) -> MemoryService {
        MemoryService::new(self.table.table(), cache_bytes, self.ids.clone())
    }
}

fn show(size: usize, name: &str, searches: &[TableLoad]) {
    let calls = searches.iter().map(|load| load.calls).max().unwrap_or_default();
    let bytes = searches.iter().map(|load| load.bytes).max().unwrap_or_default();
    let mean = |units: fn(&ReadUnits) -> f64| {
        searches.iter().map(|load| units(&load.units)).sum::<f64>() / searches.len() as f64
    };
    let kinds: [fn(&ReadUnits) -> f64; 5] =
        [ReadUnits::total, |units| units.queries, |units| units.segments, |units| units.vectors, |units| units.others];
    let means: String = kinds.map(|units| format!("{:.1} | ", mean(units))).concat();
    let most = searches.iter().map(|load| load.units.total()).fold(0.0, f64::max);
    print(&format!("| {size} | {name} | {calls} | {bytes} | {means}{most:.0} |"));
}

fn writer() -> Result<Writer, Box<dyn Error>> {
    let credential = Credential::Grant { client_id: "client_1".parse()?, grant_id: "grant1".parse()? };
    Ok(Writer { client: "client".parse()?, host: None, credential })
}

/// An id generator with a fixed time and seeded randomness.
fn seeded_ids(seed: u64) -> IdGenerator {
    let random = Mutex::new(Generator::new(seed));
    IdGenerator::new(now, move |buffer| random.lock().unwrap_or_else(PoisonError::into_inner).fill(buffer))
}

/// The fixed time of all operations.
fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap_or_default()
}
