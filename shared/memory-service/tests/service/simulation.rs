//! A simulation of concurrent users: several instances with a cache each, a store with delays, faults and partly
//! processed batches, and operations that are cancelled at any await point. Acknowledged memories must be found,
//! deleted ones must not, and no user may see another's. Each seed runs with maintenance stopped, running, duplicated and
//! delayed.
//!
//! Time is simulated and all randomness comes from one seed, so a failure can be reproduced: `SIMULATION_SEEDS=7 cargo
//! test --workspace --test service simulation`, or `100-999` for a range.

mod expected;
mod maintenance;

use std::{
    cell::{Cell, RefCell},
    ops::RangeInclusive,
    time::Duration,
};

use futures::future::join_all;
use jean_auth::user::UserId;
use jean_memory::{AccessScope, Change, Filter, Limit, MemoryId, NewDocument, NewMemory, Query, Writer};
use jean_memory_service::{AddResult, IdGenerator, MemoryService, TrashSelection};
use jean_store::StoreError;
use jiff::{SignedDuration, Timestamp};

use self::{
    expected::{Expected, Span},
    maintenance::Maintenance,
};
use crate::{rng::SeededRng, store::Store, user::writer};

const USERS: [&str; 3] = ["ada", "grace", ADDER];
/// A user who only adds and searches: any other change would make an instance read everything again.
const ADDER: &str = "alan";
const INSTANCES: usize = 3;
const CLIENTS: usize = 5;
const STEPS: usize = 14;
/// Small enough that users evict each other.
const CACHE_BYTES: usize = 20_000;
/// The default seeds, each with every kind of maintenance; CI runs more.
const SEEDS: RangeInclusive<u64> = 0..=4;

struct Simulation {
    seed: u64,
    maintenance: Maintenance,
    /// Clients that have not finished.
    clients: Cell<usize>,
    rng: SeededRng,
    store: Store,
    instances: Vec<MemoryService>,
    writer: Writer,
    started: tokio::time::Instant,
    clock: RefCell<u64>,
    expected: RefCell<Vec<Expected>>,
    /// Users with a deletion of all memories, and its time.
    cleared: RefCell<Vec<(usize, Timestamp)>>,
    /// The restorations of each user.
    restorations: RefCell<[Vec<Span>; USERS.len()]>,
}

impl Simulation {
    fn new(seed: u64, maintenance: Maintenance) -> Self {
        let rng = SeededRng::new(seed);
        let store = Store::new();
        let started = tokio::time::Instant::now();
        let instance =
            |_| MemoryService::new(store.with_faults(rng.clone()).table(), CACHE_BYTES, ids(&rng, started, 0));
        let instances = (0..INSTANCES).map(instance).collect();
        let writer = writer("claude_1", "grant1");
        Self {
            seed,
            maintenance,
            clients: Cell::new(CLIENTS),
            rng,
            store,
            instances,
            writer,
            started,
            clock: RefCell::default(),
            expected: RefCell::default(),
            cleared: RefCell::default(),
            restorations: RefCell::default(),
        }
    }

    /// A logical clock for the order of observations.
    fn tick(&self) -> u64 {
        *self.clock.borrow_mut() += 1;
        *self.clock.borrow()
    }

    fn now(&self) -> Timestamp {
        time_since(self.started)
    }

    fn pick<T>(&self, of: &[T]) -> usize {
        usize::try_from(self.rng.below(of.len() as u64)).expect("small")
    }

    /// Runs an operation unless the instance is stopped during it. `None` if the outcome is unknown.
    async fn attempt<T, E>(&self, operation: impl Future<Output = Result<T, E>>) -> Option<T> {
        let life = if self.rng.one_in(5) { self.rng.below(120) } else { 1_000_000 };
        tokio::time::timeout(Duration::from_millis(life), operation).await.ok()?.ok()
    }

    async fn step(&self) {
        let user = self.pick(&USERS);
        let scope = AccessScope::all(USERS[user].parse().expect("valid"));
        let service = &self.instances[self.pick(&self.instances)];
        let now = self.now();
        let action = self.rng.below(20);
        let changes = 7..14;
        match if USERS[user] == ADDER && changes.contains(&action) { changes.end } else { action } {
            0..6 => {
                let expected = self.begin_adding(user, now, 1);
                let new = NewMemory::new(&format!("tea w{expected}v0"), vec![], None, None).expect("valid");
                let added = self.attempt(service.add(&scope, new, self.writer.clone())).await;
                let id = added.map(|outcome| match outcome.added {
                    AddResult::New(memory) => memory.id,
                    AddResult::Duplicate(_) => unreachable!("seed {}: unexpected duplicate of w{expected}", self.seed),
                });
                self.end_adding(expected, id);
            }
            6 => {
                let pieces = 3;
                let expected = self.begin_adding(user, now, pieces);
                // Few words, since a simulation encodes and stems each of them.
                let content = format!("tea w{expected}v0 {}\n", ".".repeat(780)).repeat(pieces * 5);
                let new = NewDocument::new(&format!("tea {expected}"), &content, vec![], None, None).expect("valid");
                let added = self.attempt(service.add_document(&scope, new, &self.writer)).await;
                let added = added.map(|added| match added {
                    AddResult::New(pieces) => pieces,
                    AddResult::Duplicate(_) => unreachable!("seed {}: unexpected duplicate of w{expected}", self.seed),
                });
                if let Some(added) = &added {
                    self.expected.borrow_mut()[expected].pieces = added.len();
                }
                self.end_adding(expected, added.map(|added| added[0].id));
            }
            7..10 => {
                let Some((expected, id)) = self.some_memory(user, true) else { return };
                let began = self.tick();
                let span = Span { began, ended: u64::MAX, acknowledged: false };
                self.expected.borrow_mut()[expected].versions.push(span);
                let version = self.expected.borrow()[expected].versions.len() - 1;
                let change = Change { text: Some(format!("tea w{expected}v{version}")), ..Change::default() };
                let updated = self.attempt(service.update(&scope, id, &change, &self.writer)).await;
                let ended = self.tick();
                let span = Span { began, ended, acknowledged: matches!(updated, Some(Some(_))) };
                self.expected.borrow_mut()[expected].versions[version] = span;
            }
            10..12 => {
                let Some((expected, id)) = self.some_memory(user, false) else { return };
                let (place, began) = self.begin_deleting(&[expected]);
                let deleted = if self.expected.borrow()[expected].pieces > 1 {
                    self.attempt(service.delete_document(&scope, id, &self.writer)).await.is_some()
                } else {
                    self.attempt(service.delete(&scope, id, &self.writer)).await.is_some()
                };
                self.end_deleting(&[expected], &place, began, deleted);
            }
            12 if self.rng.one_in(4) => {
                self.cleared.borrow_mut().push((user, now));
                let all: Vec<_> = (0..self.expected.borrow().len())
                    .filter(|expected| self.expected.borrow()[*expected].user == user)
                    .collect();
                let (places, began) = self.begin_deleting(&all);
                let deletion = async {
                    let Some(request) = service.request_deletion(&scope, &self.writer).await? else { return Ok(true) };
                    service.confirm_deletion(scope.user_id(), &request).await
                };
                // A request that a concurrent one has replaced is not confirmed.
                let deleted = self.attempt::<_, StoreError>(deletion).await == Some(true);
                self.end_deleting(&all, &places, began, deleted);
            }
            12 => drop(self.attempt(service.compact(scope.user_id())).await),
            13 => self.restore(service, user).await,
            _ => {
                let word = self.rng.below(3) > 0 && !self.expected.borrow().is_empty();
                let word = word.then(|| self.pick(&self.expected.borrow()));
                self.search(service, user, word, true).await;
            }
        }
    }

    /// Maintains both users in the background until all clients have finished, on an instance of its own.
    async fn maintain(&self) {
        let service = MemoryService::new(
            self.store.with_faults(self.rng.clone()).table(),
            CACHE_BYTES,
            ids(&self.rng, self.started, 0),
        );
        let Some((runs, pause)) = self.maintenance.runs() else { return };
        while self.clients.get() > 0 {
            tokio::time::sleep(Duration::from_millis(1 + self.rng.below(pause))).await;
            let user_id: UserId = USERS[self.pick(&USERS)].parse().expect("valid");
            let run = |_| async {
                let steps = Cell::new(self.rng.below(6));
                let has_time = || steps.replace(steps.get().saturating_sub(1)) > 0;
                self.attempt(service.maintain(&user_id, has_time)).await
            };
            join_all((0..runs).map(run)).await;
        }
    }

    /// Restores one of the last deletions.
    async fn restore(&self, service: &MemoryService, user: usize) {
        let user_id = USERS[user].parse().expect("valid");
        let place = self.restorations.borrow()[user].len();
        let span = Span { began: self.tick(), ended: u64::MAX, acknowledged: false };
        self.restorations.borrow_mut()[user].push(span);
        if let Some(page) = self.attempt(service.trash(&user_id, None, 50)).await
            && !page.memories.is_empty()
        {
            let deletion = page.memories[self.pick(&page.memories)].id.deletion;
            let restored = service.restore(&user_id, TrashSelection::Deletion(deletion), || true);
            self.attempt(restored).await;
        }
        self.restorations.borrow_mut()[user][place].ended = self.tick();
    }

    fn begin_adding(&self, user: usize, now: Timestamp, pieces: usize) -> usize {
        let span = Span { began: self.tick(), ended: u64::MAX, acknowledged: false };
        let mut expected = self.expected.borrow_mut();
        // A deletion of all memories in the same millisecond may include it.
        let at_once = self.cleared.borrow().contains(&(user, now));
        let deletions = at_once.then_some(span).into_iter().collect();
        expected.push(Expected { user, id: None, pieces, versions: vec![span], deletions });
        expected.len() - 1
    }

    fn end_adding(&self, expected: usize, id: Option<MemoryId>) {
        let ended = self.tick();
        let expected = &mut self.expected.borrow_mut()[expected];
        expected.id = id;
        expected.versions[0] = Span { ended, acknowledged: id.is_some(), ..expected.versions[0] };
    }

    /// Marks the start of a deletion.
    fn begin_deleting(&self, all: &[usize]) -> (Vec<usize>, u64) {
        let began = self.tick();
        let mut expected = self.expected.borrow_mut();
        let places = all.iter().map(|at| {
            expected[*at].deletions.push(Span { began, ended: u64::MAX, acknowledged: false });
            expected[*at].deletions.len() - 1
        });
        (places.collect(), began)
    }

    fn end_deleting(&self, all: &[usize], places: &[usize], began: u64, acknowledged: bool) {
        let ended = self.tick();
        for (at, place) in all.iter().zip(places) {
            self.expected.borrow_mut()[*at].deletions[*place] = Span { began, ended, acknowledged };
        }
    }

    fn some_memory(&self, user: usize, single: bool) -> Option<(usize, MemoryId)> {
        let expected = self.expected.borrow();
        let known: Vec<_> = (0..expected.len())
            .filter(|at| expected[*at].user == user && (!single || expected[*at].pieces == 1))
            .filter_map(|at| Some((at, expected[at].id?)))
            .collect();
        (!known.is_empty()).then(|| known[self.pick(&known)])
    }

    /// Searches for all memories, or for the word of one, and checks the results.
    async fn search(&self, service: &MemoryService, user: usize, word: Option<usize>, may_fail: bool) {
        let scope = AccessScope::all(USERS[user].parse().expect("valid"));
        let version = word.map_or(0, |expected| self.pick(&self.expected.borrow()[expected].versions));
        let text = word.map_or("tea".into(), |expected| format!("w{expected}v{version}"));
        let query = Query::new(text, Filter::default(), Limit::new(50).expect("valid")).expect("valid");
        let from = self.tick();
        let found = self.attempt(service.search(&scope, &query));
        let found = if may_fail { found.await } else { service.search(&scope, &query).await.ok() };
        let to = self.tick();
        let Some(found) = found else {
            assert!(may_fail, "seed {}: a search failed on a store that works", self.seed);
            return;
        };
        let seed = self.seed;
        let mut pieces = std::collections::BTreeMap::new();
        for memory in &found {
            let name = memory.text.split_whitespace().find(|word| word.starts_with('w')).expect("a name");
            let (expected, version) = name[1..].split_once('v').expect("a version");
            let (expected, version): (usize, usize) =
                (expected.parse().expect("a number"), version.parse().expect("a number"));
            *pieces.entry(expected).or_insert(0) += 1;
            let of = &self.expected.borrow()[expected];
            assert_eq!(of.user, user, "seed {seed}: {name} is another user's");
            let is_gone = of.is_surely_gone(from, to, &self.restorations.borrow()[user]);
            assert!(!is_gone, "seed {seed}: {name} was deleted: {of:?}, {from}..{to}");
            assert!(of.may_read(version, from, to), "seed {seed}: {name} was changed: {of:?}, {from}..{to}");
        }
        for (at, of) in self.expected.borrow().iter().enumerate().filter(|(_, of)| of.user == user) {
            let asked = match word {
                None => true,
                Some(word) => word == at && of.sure_version(from, to) == Some(version),
            };
            let number = pieces.get(&at).copied().unwrap_or_default();
            let there = of.is_surely_there(from, to);
            assert!(
                !asked || !there || number == of.pieces,
                "seed {seed}: w{at} has {number} of {}: {of:?}, {from}..{to}",
                of.pieces
            );
        }
    }

    async fn run(&self) {
        let clients = join_all((0..CLIENTS).map(|_| async {
            for _ in 0..STEPS {
                // Some pauses are so long that the memories before them are settled.
                let pause = if self.rng.one_in(4) { 50_000 } else { 40 };
                tokio::time::sleep(Duration::from_millis(self.rng.below(pause))).await;
                self.step().await;
            }
            self.clients.set(self.clients.get() - 1);
        }));
        tokio::join!(clients, self.maintain());
        self.check_settled_state().await;
        self.check_final_state().await;
    }

    /// Checks that the instances, with what they have cached, still find everything once all memories are settled.
    async fn check_settled_state(&self) {
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_secs(61)).await;
            for user in 0..USERS.len() {
                for service in &self.instances {
                    self.search(service, user, None, true).await;
                }
            }
        }
    }

    /// Checks the final state on a store without faults: the index is consistent and no leftovers remain.
    async fn check_final_state(&self) {
        let at = |hours| MemoryService::new(self.store.table(), CACHE_BYTES, ids(&self.rng, self.started, hours));
        // After an hour every operation that began has been given up.
        let (service, later) = (at(0), at(2));
        for (user, name) in USERS.iter().enumerate() {
            let scope = AccessScope::all(name.parse().expect("valid"));
            self.search(&service, user, None, false).await;
            later.compact(scope.user_id()).await.expect("packs");
            self.search(&service, user, None, false).await;
            let number = self.expected.borrow().len();
            for expected in (0..number).step_by(5) {
                self.search(&service, user, Some(expected), false).await;
            }
            let counts = later.counts(scope.user_id()).await.expect("counts");
            let keys = self.store.keys(name);
            let number = |prefix: &str| keys.iter().filter(|key| key.starts_with(prefix)).count();
            let seed = self.seed;
            assert_eq!(counts.values().sum::<u64>(), number("MEMORY#") as u64, "seed {seed}: {counts:?}");
            assert_eq!(number("INDEX#CHANGE#") + number("INDEX#DRAFT#"), 0, "seed {seed}: {keys:?}");
            assert!(number("SEGMENT#") <= 6, "seed {seed}: {keys:?}");
            self.check_restoration(&later, user).await;
        }
    }

    /// Nothing acknowledged is lost: it exists, or is restored from the trash.
    async fn check_restoration(&self, service: &MemoryService, user: usize) {
        let seed = self.seed;
        let scope = AccessScope::all(USERS[user].parse().expect("valid"));
        loop {
            let page = service.trash(scope.user_id(), None, 50).await.expect("reads");
            let Some(last) = page.memories.first() else { break };
            let selection = TrashSelection::Deletion(last.id.deletion);
            let (report, completion) = service.restore(scope.user_id(), selection, || true).await.expect("restores");
            assert!(completion.is_finished() && report.duplicates == 0, "seed {seed}: {report:?}");
        }
        service.compact(scope.user_id()).await.expect("compacts");
        let keys = self.store.keys(USERS[user]);
        let number = keys.iter().filter(|key| key.starts_with("MEMORY#")).count();
        let counts = service.counts(scope.user_id()).await.expect("counts");
        assert_eq!(counts.values().sum::<u64>(), number as u64, "seed {seed}: {counts:?}");
        let of_user: Vec<_> = self.expected.borrow().iter().filter(|of| of.user == user).cloned().collect();
        for of in of_user {
            let Some(id) = of.id else { continue };
            for piece in 0..u32::try_from(of.pieces).expect("few") {
                assert!(keys.contains(&format!("MEMORY#{}", id.plus(piece))), "seed {seed}: {of:?} is lost");
            }
            let memory = service.get(&scope, id).await.expect("reads").expect("exists");
            let name = memory.text.split_whitespace().find(|word| word.starts_with('w')).expect("a name").to_owned();
            let query = Query::new(name, Filter::default(), Limit::new(50).expect("valid")).expect("valid");
            let found = service.search(&scope, &query).await.expect("searches");
            assert!(found.iter().any(|found| found.id == id), "seed {seed}: {of:?} is not found");
        }
    }
}

/// The simulated time.
fn time_since(started: tokio::time::Instant) -> Timestamp {
    let elapsed = i64::try_from(started.elapsed().as_millis()).expect("little");
    Timestamp::from_second(1_800_000_000).expect("in range") + SignedDuration::from_millis(elapsed)
}

/// The ids of an instance with a clock some hours ahead.
fn ids(rng: &SeededRng, started: tokio::time::Instant, hours: i64) -> IdGenerator {
    let rng = rng.clone();
    let now = move || time_since(started) + SignedDuration::from_hours(hours);
    IdGenerator::new(now, move |buffer| rng.fill(buffer))
}

fn simulate(seed: u64) {
    for maintenance in Maintenance::ALL {
        simulate_with(seed, maintenance);
    }
}

fn simulate_with(seed: u64, maintenance: Maintenance) {
    // The store draws the jitter of its retries from here.
    fastrand::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async { Simulation::new(seed, maintenance).run().await });
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the seeds come from the environment")]
fn concurrent_operations_stay_consistent() {
    let seed = |text: &str| text.parse::<u64>().expect("a seed is a number");
    let seeds = match std::env::var("SIMULATION_SEEDS") {
        Ok(seeds) => {
            let (first, last) = seeds.split_once('-').unwrap_or((&seeds, &seeds));
            seed(first)..=seed(last)
        }
        Err(_) => SEEDS,
    };
    seeds.for_each(simulate);
}
