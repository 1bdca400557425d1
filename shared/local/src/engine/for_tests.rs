//! The database of a test: the embedded DynamoDB, or another implementation, so that more than one is tested.

use std::sync::{
    LazyLock,
    atomic::{AtomicU64, Ordering},
};

use jean_runtime::Clock;
use ureq::Agent;

use super::{Engine, EngineResponse};

/// The variable with the address of the other implementation, such as `http://127.0.0.1:8000`.
const VARIABLE: &str = "DYNAMODB_ENDPOINT";

/// Returns an empty database: of the implementation at `DYNAMODB_ENDPOINT`, or an embedded one, in which `clock` decides when
/// items have expired.
pub fn for_tests(clock: Clock) -> Engine {
    other_engine().unwrap_or_else(|| Engine::in_memory(clock).expect("starts"))
}

/// Returns an empty database of the implementation that the environment names, if any.
///
/// Emulators keep the tables of each account and region apart. Every database is a region of its own, in which the access
/// key is one as well.
#[expect(clippy::disallowed_methods, reason = "the edge of the tests: it chooses their database")]
fn other_engine() -> Option<Engine> {
    static AGENT: LazyLock<Agent> =
        LazyLock::new(|| Agent::config_builder().http_status_as_error(false).build().into());
    static DATABASES: AtomicU64 = AtomicU64::new(0);
    let endpoint = std::env::var(VARIABLE).ok()?;
    let number = u64::from(std::process::id() % 1_000_000) * 1_000_000 + DATABASES.fetch_add(1, Ordering::SeqCst);
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={number:012}/20261101/test-{number}/dynamodb/aws4_request, SignedHeaders=host, \
         Signature=0"
    );
    Some(Engine::elsewhere(move |target, body| {
        let request = AGENT
            .post(&endpoint)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", target)
            .header("authorization", &authorization);
        let mut response = request.send(body).expect("the other implementation answers");
        let status = response.status().as_u16();
        EngineResponse { status, body: response.body_mut().read_to_vec().expect("a body") }
    }))
}
