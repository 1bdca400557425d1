//! Random histories, each checked against a model: of codes and refresh tokens, and of accounts linked to identity providers.
//!
//! Concurrent users and clients send requests while the store is slow, fails, throttles, reports conflicts, or loses responses
//! of completed calls. One seed decides their actions, and the result and latency of each store call. Time is virtual and
//! each history runs on one thread, so a seed always gives the same history and a failure can be replayed.

mod links;
mod tokens;

use std::{collections::BTreeMap, fmt::Debug, ops::RangeInclusive, panic::resume_unwind, thread, time::Duration};

use fastrand::Rng;
use jean_testing::faulty_store::{Fate, Passage};

/// Seeds of an ordinary test run; .ci/run tests more.
const SEEDS: RangeInclusive<u64> = 1..=300;
/// The environment variable that selects seeds: `17`, or a range such as `1-4000`.
const VARIABLE: &str = "HISTORY_SEEDS";

/// Checks the history of each seed, as many at once as there are processors, each of which has a stage. `check` returns the kinds of
/// its events: each of `kinds` must be frequent enough for the rules to have been tested.
#[expect(clippy::disallowed_methods, reason = "the environment selects the seed to replay")]
fn check_all<S>(
    kinds: &[&'static str],
    stage: impl AsyncFn() -> S + Sync,
    check: impl AsyncFn(&S, u64) -> Vec<&'static str> + Sync,
) {
    let seed = |text: &str| text.parse::<u64>().expect("a seed is a number");
    let seeds: Vec<_> = match std::env::var(VARIABLE) {
        Ok(seeds) => {
            let (first, last) = seeds.split_once('-').unwrap_or((&seeds, &seeds));
            (seed(first)..=seed(last)).collect()
        }
        Err(_) => SEEDS.collect(),
    };
    let are_few = seeds.len() < 100;
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let check_part = async |seeds: &[u64]| {
        let (stage, mut kinds) = (stage().await, vec![]);
        for seed in seeds {
            kinds.extend(check(&stage, *seed).await);
        }
        kinds
    };
    let checked = thread::scope(|threads| {
        let parts = seeds.chunks(seeds.len().div_ceil(processors));
        let started: Vec<_> = parts.map(|part| threads.spawn(|| on_virtual_time(check_part(part)))).collect();
        started.into_iter().map(|thread| thread.join()).collect::<Vec<_>>()
    });
    let mut seen = BTreeMap::<&str, usize>::new();
    for kind in checked.into_iter().flat_map(|kinds| kinds.unwrap_or_else(|panic| resume_unwind(panic))) {
        *seen.entry(kind).or_default() += 1;
    }
    for kind in kinds {
        assert!(are_few || seen.get(kind).is_some_and(|times| *times >= 20), "{kind}: {seen:?}");
    }
}

/// Runs a future on this thread, on a clock of its own.
fn on_virtual_time<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(future)
}

/// Asserts that a history breaks no rule of its model.
fn assert_valid<E: Debug>(seed: u64, checked: Result<(), String>, history: &[E]) {
    if let Err(broken) = checked {
        let events: Vec<_> = history.iter().map(|event| format!("{event:?}")).collect();
        panic!("{broken}\nReplay with {VARIABLE}={seed}. History:\n{}", events.join("\n"));
    }
}

/// The network to the store.
struct Weather {
    rng: Rng,
    /// Percentage of store calls that fail.
    faults: u8,
}

impl Weather {
    /// Decides result and latency of a store call.
    fn passage(&mut self) -> Passage {
        let rng = &mut self.rng;
        let mut way = || Duration::from_millis(if rng.u8(0..20) == 0 { rng.u64(100..4_000) } else { rng.u64(1..30) });
        let (there, back) = (way(), way());
        let faults = [Fate::Failed, Fate::Throttled, Fate::Conflict, Fate::Cut, Fate::Resent];
        let fate = if rng.u8(0..100) < self.faults { faults[rng.usize(0..faults.len())] } else { Fate::Done };
        Passage { there, fate, back }
    }
}
