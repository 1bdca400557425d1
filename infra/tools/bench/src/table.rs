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
            let answer = counted.engine.answer(target.unwrap_or_default(), request.body().bytes().unwrap_or_default());
            counted.count(&answer.body);
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

    fn count(&self, answer: &[u8]) {
        let mut load = self.load.lock().unwrap_or_else(PoisonError::into_inner);
        load.calls += 1;
        // Responses to writes contain no items.
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        load.bytes += ["Item", "Items", "Responses"].iter().map(|items| size(&answer[items])).sum::<usize>();
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
