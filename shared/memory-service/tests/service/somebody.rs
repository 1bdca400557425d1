//! Somebody with a service, whose operations are told in few words.

use jean_memory::{
    AccessScope, Change, Credential, Filter, Limit, Memory, MemoryId, NewDocument, NewMemory, Query, Writer,
};
use jean_memory_service::{Added, MemoryService};
use jiff::{SignedDuration, Timestamp};

use crate::{dice::Dice, store::Store};

const CACHE_BYTES: usize = 10_000_000;

pub(crate) struct Somebody {
    pub(crate) service: MemoryService,
    pub(crate) store: Store,
    pub(crate) reach: AccessScope,
    pub(crate) writer: Writer,
    pub(crate) now: Timestamp,
    dice: Dice,
}

impl Somebody {
    pub(crate) fn new() -> Self {
        let store = Store::new();
        Self {
            service: MemoryService::new(store.table(), CACHE_BYTES),
            store,
            reach: AccessScope::all("ada".parse().expect("valid")),
            writer: writer("claude_1", "grant1"),
            now: Timestamp::from_second(1_800_000_000).expect("in range"),
            dice: Dice::new(1),
        }
    }

    /// The same person and store, from an instance that has read nothing yet.
    pub(crate) fn elsewhere(&self) -> Self {
        let service = MemoryService::new(self.store.table(), CACHE_BYTES);
        let dice = Dice::new(self.dice.throw());
        Self {
            service,
            store: self.store.clone(),
            reach: self.reach.clone(),
            writer: self.writer.clone(),
            dice,
            ..*self
        }
    }

    /// Through a connection of this client.
    pub(crate) fn through(&self, client: &str, grant: &str) -> Self {
        Self { writer: writer(client, grant), ..self.elsewhere() }
    }

    /// Through a connection of this client that reaches what it wrote itself.
    pub(crate) fn reaching_only(&self, client: &str) -> Self {
        let reach = AccessScope::only("ada".parse().expect("valid"), client.parse().expect("valid"));
        Self { reach, ..self.through(client, "grant2") }
    }

    pub(crate) fn later(&mut self, hours: i64) {
        self.now += SignedDuration::from_hours(hours);
    }

    pub(crate) fn entropy(&self) -> [u8; 32] {
        self.dice.entropy()
    }

    pub(crate) async fn add(&self, text: &str) -> Added<Memory> {
        let new = NewMemory::new(text, vec![], None, None).expect("valid");
        let noted = self.service.add(&self.reach, new, self.writer.clone(), self.now, self.entropy()).await;
        noted.expect("is kept").added
    }

    /// Adds something new.
    pub(crate) async fn note(&self, text: &str) -> MemoryId {
        match self.add(text).await {
            Added::New(memory) => memory.id,
            Added::AlreadyThere(memory) => unreachable!("{text} is there as {}", memory.id),
        }
    }

    pub(crate) async fn store_document(&self, title: &str, content: &str) -> Added<Vec<Memory>> {
        let new = NewDocument::new(title, content, vec![], None, None).expect("valid");
        let added = self.service.add_document(&self.reach, new, &self.writer, self.now, self.entropy()).await;
        added.expect("is kept")
    }

    pub(crate) async fn edit(&self, id: MemoryId, text: &str) -> Option<Memory> {
        let change = Change { text: Some(text.into()), ..Change::default() };
        let updated = self.service.update(&self.reach, id, &change, &self.writer, self.now, self.entropy()).await;
        updated.expect("is changed")
    }

    pub(crate) async fn delete(&self, id: MemoryId) -> bool {
        self.service.delete(&self.reach, id, self.now, self.entropy()).await.expect("is deleted")
    }

    pub(crate) async fn delete_all(&self) -> usize {
        self.service.delete_all(&self.reach, self.now, self.entropy()).await.expect("are deleted")
    }

    pub(crate) async fn find(&self, text: &str) -> Vec<String> {
        let query = Query::new(text.into(), Filter::default(), Limit::new(50).expect("valid")).expect("valid");
        let found = self.service.search(&self.reach, &query, self.now, self.entropy()).await.expect("searches");
        found.into_iter().map(|memory| memory.text).collect()
    }

    pub(crate) fn keys(&self, prefix: &str) -> usize {
        self.store.keys("ada").iter().filter(|key| key.starts_with(prefix)).count()
    }
}

pub(crate) fn writer(client: &str, grant: &str) -> Writer {
    let credential =
        Credential::Grant { client_id: client.parse().expect("valid"), grant_id: grant.parse().expect("valid") };
    Writer { client: "claude".parse().expect("valid"), credential }
}
