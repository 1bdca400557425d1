//! The embedded DynamoDB in a file, behind a connector that counts calls and bytes.

use std::{
    error::Error,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use aws_smithy_http_client::test_util::infallible_client_fn;
use jean_local::{
    engine::Engine,
    template::{ParameterValues, Template},
};
use jean_store::Table;
use serde_json::Value;

/// A table that counts the requests it receives.
#[derive(Debug, Clone)]
pub(crate) struct CountingTable {
    engine: Engine,
    load: Arc<Mutex<TableLoad>>,
}

/// The requests a table has received.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TableLoad {
    pub(crate) calls: usize,
    /// Bytes read by DynamoDB's item size rules: attribute names and values, binary values unencoded.
    pub(crate) bytes: usize,
    pub(crate) units: ReadUnits,
}

/// Read request units, by the items they were read for: four kilobytes each, eight if eventually consistent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ReadUnits {
    /// Queries for a range of items.
    pub(crate) queries: f64,
    /// Segments of the index without their vectors.
    pub(crate) segments: f64,
    /// Pages of vectors.
    pub(crate) vectors: f64,
    /// All other items, which are memories in a search.
    pub(crate) others: f64,
}

impl CountingTable {
    pub(crate) fn in_file(path: &Path) -> Result<Self, Box<dyn Error>> {
        let engine = Engine::open(path)?;
        engine.create_tables(&Template::of_project(&ParameterValues::for_tables())?.tables)?;
        Ok(Self { engine, load: Arc::default() })
    }

    pub(crate) fn table(&self) -> Table {
        let counted = self.clone();
        let connection = infallible_client_fn(move |request| {
            let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
            let body = request.body().bytes().unwrap_or_default();
            let answer = counted.engine.answer(target.unwrap_or_default(), body);
            let is_strong = String::from_utf8_lossy(body).contains("\"ConsistentRead\":true");
            let mut load = counted.load.lock().unwrap_or_else(PoisonError::into_inner);
            load.count(&answer.body, if is_strong { 1.0 } else { 0.5 });
            drop(load);
            let mut response = http::Response::new(answer.body);
            *response.status_mut() = http::StatusCode::from_u16(answer.status).unwrap_or_default();
            response
        });
        Table::new(&self.engine.aws().to_builder().http_client(connection).build(), "MemoriesTable")
    }

    /// Returns the counts since the last call, and resets them.
    pub(crate) fn take_load(&self) -> TableLoad {
        std::mem::take(&mut *self.load.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl TableLoad {
    /// Counts a call by its answer. `unit` is the price of four kilobytes: half a unit if eventually consistent.
    pub(crate) fn count(&mut self, answer: &[u8], unit: f64) {
        self.calls += 1;
        // Responses to writes contain no items.
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        self.bytes += ["Item", "Items", "Responses"].iter().map(|items| size(&answer[items])).sum::<usize>();
        let units = |read: &Value| size(read).div_ceil(4096).max(1) as f64 * unit;
        if answer["Items"].is_array() {
            self.units.queries += units(&answer["Items"]);
        }
        if answer["Item"].is_object() {
            *self.units.of(&answer["Item"]) += units(&answer["Item"]);
        }
        let tables = answer["Responses"].as_object().into_iter().flatten();
        for item in tables.filter_map(|(_, items)| items.as_array()).flatten() {
            *self.units.of(item) += units(item);
        }
    }
}

impl ReadUnits {
    pub(crate) fn total(&self) -> f64 {
        self.queries + self.segments + self.vectors + self.others
    }

    /// The units of the kind of an item, which its sort key tells.
    fn of(&mut self, item: &Value) -> &mut f64 {
        match item["sk"]["S"].as_str().and_then(|key| key.strip_prefix("SEGMENT#")) {
            Some(segment) if segment.contains("#V") => &mut self.vectors,
            Some(_) => &mut self.segments,
            None => &mut self.others,
        }
    }
}

/// The size of the items in a response.
fn size(answer: &Value) -> usize {
    match answer {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(size).sum(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| match (name.as_str(), value) {
                ("B", Value::String(binary)) => binary.len() * 3 / 4,
                ("S" | "N" | "M" | "L", value) => size(value),
                (name, value) => name.len() + size(value),
            })
            .sum(),
        _ => 0,
    }
}
