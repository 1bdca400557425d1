//! The table a bench measures on: the desk's database, in a file, behind a connection that counts.

use std::{
    error::Error,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use aws_smithy_http_client::test_util::infallible_client_fn;
use jean_local::{
    engine::Engine,
    template::{Given, Template},
};
use jean_store::Table;
use serde_json::Value;

/// A table, and what was asked of it.
#[derive(Debug, Clone)]
pub(crate) struct Counted {
    engine: Engine,
    asked: Arc<Mutex<Asked>>,
}

/// What was asked of a table.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asked {
    pub(crate) calls: usize,
    /// What was read, as DynamoDB counts it: names and values, binary as it is.
    pub(crate) bytes: usize,
}

impl Counted {
    pub(crate) fn in_file(path: &Path) -> Result<Self, Box<dyn Error>> {
        let engine = Engine::open(path)?;
        engine.create_tables(&Template::of_project(&Given::for_tables())?.tables)?;
        Ok(Self { engine, asked: Arc::default() })
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

    /// What was asked since the last time.
    pub(crate) fn asked(&self) -> Asked {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self, answer: &[u8]) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.calls += 1;
        // What a write answers with says nothing of items.
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        asked.bytes += ["Item", "Items", "Responses"].iter().map(|items| size(&answer[items])).sum::<usize>();
    }
}

/// How large the items of an answer are.
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
