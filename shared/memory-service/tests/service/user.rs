//! A user with a service, and short forms of its operations.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use jean_memory::{
    AccessScope, Change, Credential, Filter, Limit, Memory, MemoryId, NewDocument, NewMemory, Query, Quotas, Writer,
    index::Match,
};
use jean_memory_service::{AddResult, IdGenerator, MemoryService};
use jean_store::memories::Memories;
use jiff::{SignedDuration, Timestamp};

use jean_local::engine::limits::PartitionLimits;

use crate::{rng::SeededRng, store::Store};

const CACHE_BYTES: usize = 10_000_000;

pub(crate) struct TestUser {
    pub(crate) service: MemoryService,
    pub(crate) store: Store,
    pub(crate) scope: AccessScope,
    pub(crate) writer: Writer,
    clock: Clock,
    rng: SeededRng,
}

impl TestUser {
    pub(crate) fn new() -> Self {
        let (store, rng) = (Store::new(), SeededRng::new(1));
        let clock = Clock::new(Timestamp::from_second(1_800_000_000).expect("in range"));
        Self {
            service: MemoryService::new(store.table(), CACHE_BYTES, ids(&clock, &rng)),
            store,
            scope: AccessScope::all("ada".parse().expect("valid")),
            writer: writer("claude_1", "grant1"),
            clock,
            rng,
        }
    }

    /// The same user and store, with a cold instance.
    pub(crate) fn on_cold_instance(&self) -> Self {
        let (clock, rng) = (Clock::new(self.now()), SeededRng::new(self.rng.next_u64()));
        let service = MemoryService::new(self.store.table(), CACHE_BYTES, ids(&clock, &rng));
        Self { service, store: self.store.clone(), scope: self.scope.clone(), writer: self.writer.clone(), clock, rng }
    }

    /// The same user, with a cold instance that has quotas.
    pub(crate) fn with_quotas(&self, quotas: Quotas) -> Self {
        let cold = self.on_cold_instance();
        Self { service: cold.service.with_quotas(quotas), ..cold }
    }

    /// The same user, with a cold instance, under DynamoDB's limits.
    pub(crate) fn under(&self, limits: &PartitionLimits) -> Self {
        self.on_cold_instance_at(self.store.with_limits(limits))
    }

    /// The same user, with a cold instance. Its requests take this time to reach the store.
    pub(crate) fn with_latency(&self, latency: Duration) -> Self {
        self.on_cold_instance_at(self.store.with_latency(latency))
    }

    fn on_cold_instance_at(&self, store: Store) -> Self {
        let cold = self.on_cold_instance();
        let service = MemoryService::new(store.table(), CACHE_BYTES, ids(&cold.clock, &cold.rng));
        Self { service, store, ..cold }
    }

    /// The same user, with a cold instance of which each step takes so many seconds.
    pub(crate) fn on_slow_instance(&self, seconds: i64) -> Self {
        let (clock, rng) = (Clock { step: seconds, ..Clock::new(self.now()) }, SeededRng::new(self.rng.next_u64()));
        let service = MemoryService::new(self.store.table(), CACHE_BYTES, ids(&clock, &rng));
        Self { service, store: self.store.clone(), scope: self.scope.clone(), writer: self.writer.clone(), clock, rng }
    }

    /// Closes the account, as its deletion does first.
    pub(crate) async fn close(&self) {
        Memories::new(self.store.table()).close(self.scope.user_id()).await.expect("succeeds");
    }

    /// The same user, via a connection of this client.
    pub(crate) fn via(&self, client: &str, grant: &str) -> Self {
        Self { writer: writer(client, grant), ..self.on_cold_instance() }
    }

    /// The same user, via a connection of this client that can access only its own memories.
    pub(crate) fn restricted_to(&self, client: &str) -> Self {
        let scope = AccessScope::only("ada".parse().expect("valid"), client.parse().expect("valid"));
        Self { scope, ..self.via(client, "grant2") }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn advance(&self, hours: i64) {
        *self.clock.now.lock().expect("not poisoned") += SignedDuration::from_hours(hours);
    }

    pub(crate) async fn add(&self, text: &str) -> AddResult<Memory> {
        let new = NewMemory::new(text, vec![], None, None).expect("valid");
        let outcome = self.service.add(&self.scope, new, self.writer.clone()).await;
        outcome.expect("succeeds").added
    }

    /// Adds a memory that must be new.
    pub(crate) async fn add_new(&self, text: &str) -> MemoryId {
        match self.add(text).await {
            AddResult::New(memory) => memory.id,
            AddResult::Duplicate(memory) => unreachable!("{text} is there as {}", memory.id),
        }
    }

    pub(crate) async fn store_document(&self, title: &str, content: &str) -> AddResult<Vec<Memory>> {
        let new = NewDocument::new(title, content, vec![], None, None).expect("valid");
        let added = self.service.add_document(&self.scope, new, &self.writer).await;
        added.expect("succeeds")
    }

    pub(crate) async fn edit(&self, id: MemoryId, text: &str) -> Option<Memory> {
        let change = Change { text: Some(text.into()), ..Change::default() };
        let updated = self.service.update(&self.scope, id, &change, &self.writer).await;
        updated.expect("succeeds")
    }

    pub(crate) async fn delete(&self, id: MemoryId) -> bool {
        self.service.delete(&self.scope, id, &self.writer).await.expect("succeeds")
    }

    pub(crate) async fn delete_all(&self) -> usize {
        let request = self.service.request_deletion(&self.scope, &self.writer).await.expect("is requested");
        let Some(request) = request else { return 0 };
        assert!(self.service.confirm_deletion(self.scope.user_id(), &request).await.expect("is confirmed"));
        request.memories
    }

    /// The texts of the memories with the words of a query.
    pub(crate) async fn find(&self, text: &str) -> Vec<String> {
        let query = Query::new(text.into(), Filter::default(), Limit::new(50).expect("valid")).expect("valid");
        let found = self.service.find(&self.scope, &query).await.expect("searches");
        let by_words = found.into_iter().filter(|found| found.found != Match::Related);
        by_words.map(|found| found.memory.text).collect()
    }

    pub(crate) fn keys(&self, prefix: &str) -> usize {
        self.store.keys("ada").iter().filter(|key| key.starts_with(prefix)).count()
    }
}

/// The clock of one instance, which a test advances.
#[derive(Clone)]
struct Clock {
    now: Arc<Mutex<Timestamp>>,
    /// Seconds between two readings.
    step: i64,
}

impl Clock {
    fn new(now: Timestamp) -> Self {
        Self { now: Arc::new(Mutex::new(now)), step: 1 }
    }

    fn now(&self) -> Timestamp {
        *self.now.lock().expect("not poisoned")
    }

    /// The time of one step, some time after the one before.
    fn tick(&self) -> Timestamp {
        let mut now = self.now.lock().expect("not poisoned");
        *now += SignedDuration::from_secs(self.step);
        *now
    }
}

fn ids(clock: &Clock, rng: &SeededRng) -> IdGenerator {
    let (clock, rng) = (clock.clone(), rng.clone());
    IdGenerator::new(move || clock.tick(), move |buffer| rng.fill(buffer))
}

pub(crate) fn writer(client: &str, grant: &str) -> Writer {
    let credential =
        Credential::Grant { client_id: client.parse().expect("valid"), grant_id: grant.parse().expect("valid") };
    Writer { client: "claude".parse().expect("valid"), host: None, credential }
}
