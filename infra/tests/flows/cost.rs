//! AWS costs of each flow: counted invocations, store calls and bytes of log, multiplied by list prices.
//!
//! The test compares the result with the table in infra/docs/OPERATIONS.md and writes a new table if they differ. It checks the
//! monthly costs under *Scaling* too.

use jean_testing::{Browser, CALLBACK, Pkce, TestServer, log};
use std::{fmt::Write, fs, path::PathBuf};

use serde_json::{Value, json};

/// Prices in US dollars, us-east-1, September 2026, without free tiers. OPERATIONS.md names the sources.
mod price {
    /// One million requests to an HTTP API.
    pub(super) const API: f64 = 1.00;
    /// One million invocations of a function.
    pub(super) const INVOCATIONS: f64 = 0.20;
    /// One million milliseconds of an arm64 function with 512 MB, the memory of mcp, at 0.0000133334 per gigabyte-second.
    pub(super) const MILLISECONDS: f64 = 0.0000133334 * 0.5 * 1000.0;
    /// One million read request units.
    pub(super) const READS: f64 = 0.125;
    /// One million write request units.
    pub(super) const WRITES: f64 = 0.625;
    /// One gigabyte of log.
    pub(super) const LOG: f64 = 0.50;
}

/// Assumed milliseconds of an invocation, without store calls.
const OWN_MS: f64 = 3.0;
/// Assumed milliseconds of a store call.
const STORE_MS: f64 = 5.0;
/// Bytes that CloudWatch adds to each line of a log.
const LINE_BYTES: usize = 26;
/// API Gateway's id of a request, which the requests of tests lack.
const REQUEST_ID: &str = "\"request_id\":\"Kp3xJhbvoAMEVZQ=\"";

/// Calls since the previous count.
#[derive(Default)]
struct Count {
    invocations: usize,
    store_calls: usize,
    reads: usize,
    writes: usize,
    log_bytes: usize,
}

impl Count {
    fn of(world: &TestServer) -> Self {
        let (invocations, calls) = world.calls();
        // Lambda adds no lines of its own to a successful request, since the template's SystemLogLevel is WARN.
        let log = log::told_in_lambda().replace("\"request_id\":\"\"", REQUEST_ID);
        let log_bytes = log.lines().map(|line| with_two_digits(line).len() + LINE_BYTES).sum();
        let mut count = Self { invocations, store_calls: calls.len(), log_bytes, ..Self::default() };
        for (operation, request) in &calls {
            let (reads, writes) = units(operation, request);
            count.reads += reads;
            count.writes += writes;
        }
        count
    }

    /// The price of one million runs, in dollars.
    fn dollars(&self) -> f64 {
        let [invocations, calls] = [self.invocations, self.store_calls].map(|count| count as f64);
        let milliseconds = invocations * OWN_MS + calls * STORE_MS;
        invocations * (price::API + price::INVOCATIONS)
            + self.log_bytes as f64 / 1000.0 * price::LOG
            + milliseconds * price::MILLISECONDS
            + self.reads as f64 * price::READS
            + self.writes as f64 * price::WRITES
    }
}

/// Runs of a flow by one user in a day, as *Scaling* in OPERATIONS.md assumes.
fn runs_a_day(flow: &str) -> f64 {
    match flow {
        "`add_memory`" => 2.0,
        "`search_memory`, which finds two" => 6.0,
        "its tokens are refreshed, once an hour while it is used" => 8.0,
        _ => 0.0,
    }
}

/// A line with a time of two digits, so that the figures are the same in every run.
fn with_two_digits(line: &str) -> String {
    match line.split_once("\"ms\":") {
        Some((before, after)) => {
            format!("{before}\"ms\":12{}", after.trim_start_matches(|digit: char| digit.is_ascii_digit()))
        }
        None => line.into(),
    }
}

/// Read and write request units of a call, for items of at most 1 KB.
///
/// A strongly consistent read of up to 4 KB is one unit, a write is one unit, and each part of a transaction counts
/// twice (DynamoDB pricing, "on-demand").
fn units(operation: &str, request: &Value) -> (usize, usize) {
    let parts = |members: &Value| match members {
        Value::Array(parts) => parts.len(),
        Value::Object(tables) => tables.values().filter_map(Value::as_array).map(Vec::len).sum(),
        _ => 0,
    };
    match operation {
        "GetItem" | "Query" => (1, 0),
        "PutItem" | "UpdateItem" | "DeleteItem" => (0, 1),
        "BatchWriteItem" => (0, parts(&request["RequestItems"])),
        "BatchGetItem" => {
            (request["RequestItems"].as_object().into_iter().flatten().map(|(_, of)| parts(&of["Keys"])).sum(), 0)
        }
        "TransactWriteItems" => (0, 2 * parts(&request["TransactItems"])),
        other => panic!("no price for {other}"),
    }
}

#[tokio::test]
async fn cost_table_in_operations_is_up_to_date() {
    let world = TestServer::with_secrets_manager().await;
    let mut flows = Vec::new();
    Count::of(&world);

    // A client connects: discovery, registration, the pages, the code.
    for path in ["/mcp", "/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-authorization-server"] {
        world.get(path).await;
    }
    let client_id = world.register("Claude").await;
    let pkce = Pkce::new(1);
    let mut browser = Browser::default();
    let allowed = world.allow(&mut browser, &world.authorize_path(&client_id, &pkce, "s")).await;
    let code = allowed.redirect_parameters(CALLBACK)["code"].clone();
    let pair = world.exchange(&client_id, &code, &pkce).await.tokens(&client_id);
    flows.push(("an app is connected", Count::of(&world)));

    let pair = world.refresh(&client_id, &pair.refresh_token).await.tokens(&client_id);
    flows.push(("its tokens are refreshed, once an hour while it is used", Count::of(&world)));

    let token = pair.access_token.as_str();
    world.works(token).await;
    flows.push(("`tools/list`", Count::of(&world)));
    let add = async |text: &str| world.call(token, "add_memory", &json!({"text": text})).await;
    let search = async || drop(world.call(token, "search_memory", &json!({"query": "boat house"})).await);
    // The instances answer in turn. The first search of a user creates the index; it is not counted.
    for text in ["The boat house is behind the mill.", "The mill has a red roof.", "The roof is of slate."] {
        add(text).await;
    }
    search().await;
    let other = world.connect().await;
    Count::of(&world);
    world.call(&other.access_token, "search_memory", &json!({"query": "boat house"})).await;
    flows.push(("`search_memory`, the first use of an app by an instance", Count::of(&world)));
    for _ in 0..3 {
        search().await;
    }
    Count::of(&world);
    let added = add("The key to the boat house hangs behind the kitchen door.").await;
    flows.push(("`add_memory`", Count::of(&world)));
    for _ in 0..3 {
        search().await;
    }
    Count::of(&world);
    search().await;
    let searched = Count::of(&world);
    // AW-02, SR-21: further uses are collected.
    assert_eq!((searched.reads, searched.writes), (2, 0));
    flows.push(("`search_memory`, which finds two", searched));
    let id = &added["structuredContent"]["id"];
    world.call(token, "get_memory", &json!({"id": id})).await;
    flows.push(("`get_memory`", Count::of(&world)));
    world.call(token, "delete_memory", &json!({"id": id})).await;
    flows.push(("`delete_memory`", Count::of(&world)));

    let mut table = String::from(
        "| flow | requests | store calls | read units | write units | bytes of log | $ per million |\n\
         |---|---|---|---|---|---|---|\n",
    );
    // One million users, in a day.
    let mut daily = 0.0;
    for (name, count) in flows {
        let Count { invocations, store_calls, reads, writes, .. } = count;
        let (log_bytes, dollars) = (count.log_bytes, count.dollars());
        writeln!(table, "| {name} | {invocations} | {store_calls} | {reads} | {writes} | {log_bytes} | {dollars:.2} |")
            .expect("text");
        daily += runs_a_day(name) * dollars;
    }
    let manual = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/OPERATIONS.md");
    let manual = fs::read_to_string(manual).expect("the manual");
    if !manual.contains(&table) {
        let new = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("costs.md");
        fs::write(&new, &table).expect("writes");
        panic!("the cost table in infra/docs/OPERATIONS.md is out of date; replace it with {}", new.display());
    }
    // 10,000 users, in 30 days.
    let monthly = daily * 0.01 * 30.0;
    for figure in [format!("about {monthly:.0} dollars |"), format!("about {monthly:.0},000 dollars before")] {
        assert!(manual.contains(&figure), "Scaling in infra/docs/OPERATIONS.md has not: {figure}");
    }
}
