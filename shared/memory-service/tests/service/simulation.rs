//! Everything at once, and everything that can go wrong: several people, instances with a cache each, a store that is
//! slow, fails before and after it has done what was asked, and does parts of batches; and operations that end in the
//! middle, wherever they wait. What is acknowledged has to be found, what is deleted must not be, and nobody sees
//! anybody else's.
//!
//! Time is simulated and all chance comes from a seed, so that a run that fails can be had again:
//! `SIMULATION_SEEDS=7 cargo test -p memory --test service simulation`, or `100-999` for many.

use std::{cell::RefCell, ops::RangeInclusive, time::Duration};

use futures::future::join_all;
use jean_memory::{AccessScope, Change, Filter, Limit, MemoryId, NewDocument, NewMemory, Query, Writer};
use jean_memory_service::{Added, MemoryService};
use jean_store::StoreError;
use jiff::{SignedDuration, Timestamp};

use crate::{dice::Dice, somebody::writer, store::Store};

const PEOPLE: [&str; 2] = ["ada", "grace"];
const INSTANCES: usize = 3;
const CLIENTS: usize = 5;
const STEPS: usize = 14;
/// So little that people push one another out of it.
const CACHE_BYTES: usize = 20_000;
/// What is tried each time; CI tries more.
const SEEDS: RangeInclusive<u64> = 0..=19;

/// When an operation was under way, and whether whoever asked for it was told that it is done. What was not told may be
/// done or not; but later it is not done any more.
#[derive(Debug, Clone, Copy)]
struct Span {
    began: u64,
    ended: u64,
    acknowledged: bool,
}

/// What was asked to be kept: a memory, or a document.
#[derive(Debug)]
struct Kept {
    person: usize,
    id: Option<MemoryId>,
    pieces: usize,
    /// The adding, and each change. The text of each has the word `w{kept}v{version}`, and every text the word tea.
    versions: Vec<Span>,
    deletions: Vec<Span>,
}

impl Kept {
    fn is_surely_there(&self, from: u64, to: u64) -> bool {
        let added = self.versions[0];
        added.acknowledged && added.ended < from && self.deletions.iter().all(|deletion| deletion.began > to)
    }

    fn is_surely_gone(&self, from: u64) -> bool {
        let added = self.versions[0].ended;
        let over = |deletion: &Span| deletion.acknowledged && deletion.began > added && deletion.ended < from;
        self.deletions.iter().any(over)
    }

    /// Whether it may have been the text that an observer between these times saw.
    fn may_read(&self, version: usize, from: u64, to: u64) -> bool {
        let this = self.versions[version];
        let replaced = |later: &Span| later.acknowledged && later.began > this.ended && later.ended < from;
        this.began < to && !self.versions.iter().any(replaced)
    }

    /// The text it must have had for all of that time, if that can be told.
    fn sure_version(&self, from: u64, to: u64) -> Option<usize> {
        let begun = self.versions.iter().take_while(|version| version.began <= to).count();
        let last = begun.checked_sub(1)?;
        let this = self.versions[last];
        let settled = self.versions[..last].iter().all(|before| before.ended < this.began);
        (this.acknowledged && this.ended < from && settled).then_some(last)
    }
}

struct World {
    seed: u64,
    dice: Dice,
    store: Store,
    instances: Vec<MemoryService>,
    writer: Writer,
    started: tokio::time::Instant,
    clock: RefCell<u64>,
    kept: RefCell<Vec<Kept>>,
    /// Whose memories were all deleted, up to which moment.
    cleared: RefCell<Vec<(usize, Timestamp)>>,
}

impl World {
    fn new(seed: u64) -> Self {
        let dice = Dice::new(seed);
        let store = Store::new();
        let instance = |_| MemoryService::new(store.over(dice.clone()).table(), CACHE_BYTES);
        let instances = (0..INSTANCES).map(instance).collect();
        let (writer, started) = (writer("claude_1", "grant1"), tokio::time::Instant::now());
        Self {
            seed,
            dice,
            store,
            instances,
            writer,
            started,
            clock: RefCell::default(),
            kept: RefCell::default(),
            cleared: RefCell::default(),
        }
    }

    /// The order of everything that is observed.
    fn tick(&self) -> u64 {
        *self.clock.borrow_mut() += 1;
        *self.clock.borrow()
    }

    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.started.elapsed().as_millis()).expect("little");
        Timestamp::from_second(1_800_000_000).expect("in range") + SignedDuration::from_millis(elapsed)
    }

    fn pick<T>(&self, of: &[T]) -> usize {
        usize::try_from(self.dice.below(of.len() as u64)).expect("small")
    }

    /// Does it, unless the instance dies on the way. `None` if nobody knows what came of it.
    async fn attempt<T>(&self, operation: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
        let life = if self.dice.one_in(5) { self.dice.below(120) } else { 1_000_000 };
        tokio::time::timeout(Duration::from_millis(life), operation).await.ok()?.ok()
    }

    async fn step(&self) {
        let person = self.pick(&PEOPLE);
        let reach = AccessScope::all(PEOPLE[person].parse().expect("valid"));
        let service = &self.instances[self.pick(&self.instances)];
        let (now, entropy) = (self.now(), self.dice.entropy());
        match self.dice.below(20) {
            0..6 => {
                let kept = self.begin_adding(person, now, 1);
                let new = NewMemory::new(&format!("tea w{kept}v0"), vec![], None, None).expect("valid");
                let added = self.attempt(service.add(&reach, new, self.writer.clone(), now, entropy)).await;
                let id = added.map(|noted| match noted.added {
                    Added::New(memory) => memory.id,
                    Added::AlreadyThere(_) => unreachable!("seed {}: nobody else wrote w{kept}", self.seed),
                });
                self.end_adding(kept, id);
            }
            6 => {
                let pieces = 3;
                let kept = self.begin_adding(person, now, pieces);
                let content = format!("tea w{kept}v0\n").repeat(pieces * 4000 / 9);
                let new = NewDocument::new(&format!("tea {kept}"), &content, vec![], None, None).expect("valid");
                let added = self.attempt(service.add_document(&reach, new, &self.writer, now, entropy)).await;
                let added = added.map(|added| match added {
                    Added::New(pieces) => pieces,
                    Added::AlreadyThere(_) => unreachable!("seed {}: nobody else wrote w{kept}", self.seed),
                });
                if let Some(added) = &added {
                    self.kept.borrow_mut()[kept].pieces = added.len();
                }
                self.end_adding(kept, added.map(|added| added[0].id));
            }
            7..10 => {
                let Some((kept, id)) = self.some_memory(person, true) else { return };
                let began = self.tick();
                let span = Span { began, ended: u64::MAX, acknowledged: false };
                self.kept.borrow_mut()[kept].versions.push(span);
                let version = self.kept.borrow()[kept].versions.len() - 1;
                let change = Change { text: Some(format!("tea w{kept}v{version}")), ..Change::default() };
                let updated = self.attempt(service.update(&reach, id, &change, &self.writer, now, entropy)).await;
                let ended = self.tick();
                let span = Span { began, ended, acknowledged: matches!(updated, Some(Some(_))) };
                self.kept.borrow_mut()[kept].versions[version] = span;
            }
            10..12 => {
                let Some((kept, id)) = self.some_memory(person, false) else { return };
                let (place, began) = self.begin_deleting(&[kept]);
                let deleted = if self.kept.borrow()[kept].pieces > 1 {
                    self.attempt(service.delete_document(&reach, id, now, entropy)).await.is_some()
                } else {
                    self.attempt(service.delete(&reach, id, now, entropy)).await.is_some()
                };
                self.end_deleting(&[kept], &place, began, deleted);
            }
            12 if self.dice.one_in(4) => {
                self.cleared.borrow_mut().push((person, now));
                let all: Vec<_> =
                    (0..self.kept.borrow().len()).filter(|kept| self.kept.borrow()[*kept].person == person).collect();
                let (places, began) = self.begin_deleting(&all);
                let deleted = self.attempt(service.delete_all(&reach, now, entropy)).await.is_some();
                self.end_deleting(&all, &places, began, deleted);
            }
            12..15 => drop(self.attempt(service.pack(reach.user_id(), now, entropy)).await),
            _ => {
                let word = self.dice.below(3) > 0 && !self.kept.borrow().is_empty();
                let word = word.then(|| self.pick(&self.kept.borrow()));
                self.search(service, person, word, true).await;
            }
        }
    }

    fn begin_adding(&self, person: usize, now: Timestamp, pieces: usize) -> usize {
        let span = Span { began: self.tick(), ended: u64::MAX, acknowledged: false };
        let mut kept = self.kept.borrow_mut();
        // In the very millisecond up to which all are being deleted, it may be one of them.
        let at_once = self.cleared.borrow().contains(&(person, now));
        let deletions = at_once.then_some(span).into_iter().collect();
        kept.push(Kept { person, id: None, pieces, versions: vec![span], deletions });
        kept.len() - 1
    }

    fn end_adding(&self, kept: usize, id: Option<MemoryId>) {
        let ended = self.tick();
        let kept = &mut self.kept.borrow_mut()[kept];
        kept.id = id;
        kept.versions[0] = Span { ended, acknowledged: id.is_some(), ..kept.versions[0] };
    }

    /// Each of these may be gone from now on.
    fn begin_deleting(&self, all: &[usize]) -> (Vec<usize>, u64) {
        let began = self.tick();
        let mut kept = self.kept.borrow_mut();
        let places = all.iter().map(|at| {
            kept[*at].deletions.push(Span { began, ended: u64::MAX, acknowledged: false });
            kept[*at].deletions.len() - 1
        });
        (places.collect(), began)
    }

    fn end_deleting(&self, all: &[usize], places: &[usize], began: u64, acknowledged: bool) {
        let ended = self.tick();
        for (at, place) in all.iter().zip(places) {
            self.kept.borrow_mut()[*at].deletions[*place] = Span { began, ended, acknowledged };
        }
    }

    fn some_memory(&self, person: usize, single: bool) -> Option<(usize, MemoryId)> {
        let kept = self.kept.borrow();
        let known: Vec<_> = (0..kept.len())
            .filter(|at| kept[*at].person == person && (!single || kept[*at].pieces == 1))
            .filter_map(|at| Some((at, kept[at].id?)))
            .collect();
        (!known.is_empty()).then(|| known[self.pick(&known)])
    }

    /// Searches for everything, or for the word of one, and checks what is found.
    async fn search(&self, service: &MemoryService, person: usize, word: Option<usize>, may_fail: bool) {
        let reach = AccessScope::all(PEOPLE[person].parse().expect("valid"));
        let version = word.map_or(0, |kept| self.pick(&self.kept.borrow()[kept].versions));
        let text = word.map_or("tea".into(), |kept| format!("w{kept}v{version}"));
        let query = Query::new(text, Filter::default(), Limit::new(50).expect("valid")).expect("valid");
        let (now, entropy) = (self.now(), self.dice.entropy());
        let from = self.tick();
        let found = self.attempt(service.search(&reach, &query, now, entropy));
        let found = if may_fail { found.await } else { service.search(&reach, &query, now, entropy).await.ok() };
        let to = self.tick();
        let Some(found) = found else {
            assert!(may_fail, "seed {}: a search failed on a store that works", self.seed);
            return;
        };
        let seed = self.seed;
        let mut pieces = std::collections::BTreeMap::new();
        for memory in &found {
            let name = memory.text.split_whitespace().find(|word| word.starts_with('w')).expect("a name");
            let (kept, version) = name[1..].split_once('v').expect("a version");
            let (kept, version): (usize, usize) = (kept.parse().expect("a number"), version.parse().expect("a number"));
            *pieces.entry(kept).or_insert(0) += 1;
            let of = &self.kept.borrow()[kept];
            assert_eq!(of.person, person, "seed {seed}: {name} is somebody else's");
            assert!(!of.is_surely_gone(from), "seed {seed}: {name} was deleted: {of:?}, {from}..{to}");
            assert!(of.may_read(version, from, to), "seed {seed}: {name} was changed: {of:?}, {from}..{to}");
        }
        for (at, of) in self.kept.borrow().iter().enumerate().filter(|(_, of)| of.person == person) {
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
        join_all((0..CLIENTS).map(|_| async {
            for _ in 0..STEPS {
                tokio::time::sleep(Duration::from_millis(self.dice.below(40))).await;
                self.step().await;
            }
        }))
        .await;
        self.check_the_end().await;
    }

    /// Once it is quiet, on a store that works: everything is in order, and nothing is left over.
    async fn check_the_end(&self) {
        let service = MemoryService::new(self.store.table(), CACHE_BYTES);
        for (person, name) in PEOPLE.iter().enumerate() {
            let reach = AccessScope::all(name.parse().expect("valid"));
            self.search(&service, person, None, false).await;
            // An hour later everybody who began something has given up.
            let later = self.now() + SignedDuration::from_hours(2);
            service.pack(reach.user_id(), later, self.dice.entropy()).await.expect("packs");
            self.search(&service, person, None, false).await;
            let number = self.kept.borrow().len();
            for kept in (0..number).step_by(5) {
                self.search(&service, person, Some(kept), false).await;
            }
            let counts = service.counts(reach.user_id(), later, self.dice.entropy()).await.expect("counts");
            let keys = self.store.keys(name);
            let number = |prefix: &str| keys.iter().filter(|key| key.starts_with(prefix)).count();
            let seed = self.seed;
            assert_eq!(counts.values().sum::<u64>(), number("MEMORY#") as u64, "seed {seed}: {counts:?}");
            assert_eq!(number("INDEX#CHANGE#") + number("INDEX#DRAFT#"), 0, "seed {seed}: {keys:?}");
            assert!(number("SEGMENT#") <= 6, "seed {seed}: {keys:?}");
        }
    }
}

fn simulate(seed: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async { World::new(seed).run().await });
}

#[test]
#[expect(clippy::disallowed_methods, reason = "which seeds is for whoever runs it to say")]
fn nothing_is_lost_shown_after_it_was_deleted_or_mixed_up() {
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
