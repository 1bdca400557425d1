//! One user with very many memories, on the built functions: instances of processes with Lambda's share of a processor, in
//! front of a table with DynamoDB's limits (AW-01 to AW-06).

mod cpu_share;
mod limited;
mod user;

use std::{
    error::Error,
    path::Path,
    time::{Duration, Instant},
};

use futures::future::join_all;
use http::Request;
use serde_json::{Value, json};
use tokio::{process::Command, time::timeout};

use self::cpu_share::CpuShare;
pub(crate) use self::{limited::LimitedTable, user::LargeUser};
use crate::{
    flow,
    output::print,
    start::{Aws, Functions, Instance, USER, event, response},
};

pub(crate) const MCP: &str = "McpFunction";
const ACCOUNT: &str = "AccountFunction";
const MAINTAIN: &str = "MaintainFunction";
const COLD: usize = 5;
const WARM: usize = 50;
const ADDED: usize = 20;
/// An instance is killed after this time, again and again (AW-04).
const KILLED_AFTER: Duration = Duration::from_secs(6);
/// Invocations that an index or a deletion may take.
const MAX_ROUNDS: usize = 200;

/// Measures one user of each size.
pub(crate) fn run(folder: &Path, sizes: &[usize]) -> Result<(), Box<dyn Error>> {
    let own = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    print(
        "| memories | | requests | failed | mean read units | mean write units | refused by the table | median ms | longest |",
    );
    print("|---|---|---|---|---|---|---|---|---|");
    runtime.block_on(async {
        for size in sizes {
            Box::pin(measure(folder, own.path(), *size)).await?;
        }
        Ok(())
    })
}

async fn measure(folder: &Path, own: &Path, size: usize) -> Result<(), Box<dyn Error>> {
    let table = LimitedTable::new();
    let aws = Aws::serve_limited(own, Some(table.clone())).await?;
    let mut functions = Functions::new(folder, &aws);
    let client_id = flow::client_id(&functions.send(flow::registration()?).await?)?;
    let mut user = LargeUser::connect(&aws, &mut functions, &client_id, USER).await?;
    user.fill(size).await?;
    let mut large = Large { size, table, functions, user, answers: vec![] };
    large.index("index built by searches, killed every 6 s", size).await?;
    large.search_and_add().await?;
    large.at_once().await?;
    large.pages().await?;
    large.user.age_index().await?;
    let newest = format!("mark{}", size - 1);
    let mut cold = large.start(MCP).await?;
    large.begin();
    large.send(&mut cold, large.user.search(&newest)?).await?;
    let is_found = large.found(&newest);
    large.row(&format!("first search of an older format, {}", if is_found { "complete" } else { "incomplete" }));
    drop(cold);
    large.index("index of an older format rebuilt by searches, killed every 6 s", size).await?;
    large.delete_all().await
}

/// A process with its share of a processor, if it can be limited.
struct Limited {
    instance: Instance,
    _share: Option<CpuShare>,
}

/// An answer, or `None` if the instance was killed, and its time.
type TimedAnswer = (Option<Value>, Duration);

struct Large<'a> {
    size: usize,
    table: LimitedTable,
    functions: Functions<'a>,
    user: LargeUser,
    /// Of the requests of the current row.
    answers: Vec<TimedAnswer>,
}

impl Large<'_> {
    /// Starts an instance at full speed, as Lambda does.
    async fn start(&self, function: &str) -> Result<Limited, Box<dyn Error>> {
        let command = Command::new(self.functions.bootstrap(function)?);
        let mut variables = self.functions.variables(function)?;
        // The default is less than the largest user here.
        variables.insert("MEMORIES_PER_USER".into(), (2 * self.size).to_string());
        let instance = Instance::start(command, &variables).await?;
        let share = CpuShare::limit(instance.id()?, megabytes(function));
        Ok(Limited { instance, _share: share.ok() })
    }

    fn begin(&mut self) {
        self.table.take_load();
        self.answers.clear();
    }

    async fn send(&mut self, to: &mut Limited, request: Request<String>) -> Result<(), Box<dyn Error>> {
        let answer = to.instance.invoke(event(&request)).await?;
        self.answers.push((Some(answer.0), answer.1));
        Ok(())
    }

    /// `true` if the last answer contains a word.
    fn found(&self, word: &str) -> bool {
        self.answers.last().and_then(|(answer, _)| answer.as_ref()).is_some_and(|answer| {
            answer["body"]
                .as_str()
                .is_some_and(|body| body.contains(&format!("{word}\"")) || body.contains(&format!("{word}\\")))
        })
    }

    /// Prints the requests since [`begin`](Self::begin).
    fn row(&mut self, name: &str) {
        let load = self.table.take_load();
        let count = self.answers.len();
        let is_failed = |(answer, _): &&TimedAnswer| !answer.as_ref().is_some_and(is_success);
        let failed = self.answers.iter().filter(is_failed).count();
        let mut times: Vec<_> = self.answers.iter().map(|(_, took)| took.as_millis()).collect();
        times.sort_unstable();
        let (median, longest) =
            (times.get(count / 2).copied().unwrap_or_default(), times.last().copied().unwrap_or_default());
        let mean = |units: f64| units / count.max(1) as f64;
        print(&format!(
            "| {} | {name} | {count} | {failed} | {:.1} | {:.1} | {} | {median} | {longest} |",
            self.size,
            mean(load.read.units.total()),
            mean(load.write_units),
            load.refused,
        ));
    }

    /// Searches on instances that are killed, until the index has (nearly) all memories.
    async fn index(&mut self, name: &str, count: usize) -> Result<(), Box<dyn Error>> {
        let query = format!("mark{}", count - 1);
        self.begin();
        for _ in 0..MAX_ROUNDS {
            let mut limited = self.start(MCP).await?;
            let began = Instant::now();
            while let Some(left) = KILLED_AFTER.checked_sub(began.elapsed()) {
                let search = timeout(left, limited.instance.invoke(event(&self.user.search(&query)?))).await;
                let Ok(answer) = search else {
                    self.answers.push((None, KILLED_AFTER));
                    break;
                };
                let (answer, took) = answer?;
                self.answers.push((Some(answer), took));
                if self.user.indexed().await? + 128 >= count as u64 {
                    let is_found = self.found(&query);
                    self.row(&format!("{name}, {}", if is_found { "complete" } else { "incomplete" }));
                    return Ok(());
                }
            }
        }
        self.row(&format!("{name}, not finished"));
        Err("the index was not finished".into())
    }

    /// Cold and warm searches, additions and lists.
    async fn search_and_add(&mut self) -> Result<(), Box<dyn Error>> {
        self.begin();
        for _ in 0..COLD {
            let mut cold = self.start(MCP).await?;
            let query = self.user.generator.query();
            self.send(&mut cold, self.user.search(&query)?).await?;
        }
        self.row("search, cold");
        let mut warm = self.start(MCP).await?;
        self.send(&mut warm, self.user.search("mark0")?).await?;
        self.begin();
        for _ in 0..WARM {
            let query = self.user.generator.query();
            self.send(&mut warm, self.user.search(&query)?).await?;
        }
        self.row("search, warm, each with another query");
        self.begin();
        for _ in 0..WARM {
            self.send(&mut warm, self.user.search("mark0")?).await?;
        }
        self.row("search, warm, the same query");
        // The first addition counts for the quotas.
        let first = self.user.addition()?;
        self.send(&mut warm, first).await?;
        self.begin();
        for _ in 0..ADDED {
            let addition = self.user.addition()?;
            self.send(&mut warm, addition).await?;
        }
        self.row("addition, warm");
        self.begin();
        for _ in 0..ADDED {
            let list = flow::tool_call(&self.user.token, "list_memories", &json!({}))?;
            self.send(&mut warm, list).await?;
        }
        self.row("list");
        Ok(())
    }

    /// Concurrent searches of cold instances, and concurrent additions.
    async fn at_once(&mut self) -> Result<(), Box<dyn Error>> {
        let mut cold = Vec::new();
        for _ in 0..10 {
            cold.push(self.start(MCP).await?);
        }
        let query = self.user.search(&format!("mark{}", self.size / 2))?;
        self.begin();
        let answers = join_all(cold.iter_mut().map(|cold| cold.instance.invoke(event(&query)))).await;
        for answer in answers {
            let (answer, took) = answer?;
            self.answers.push((Some(answer), took));
        }
        self.row("10 cold searches at once");
        drop(cold);
        let mut instances = Vec::new();
        let mut additions = Vec::new();
        for _ in 0..100 {
            instances.push(self.start(MCP).await?);
            additions.push(event(&self.user.addition()?));
        }
        self.begin();
        let added = instances.iter_mut().zip(additions).map(|(to, addition)| to.instance.invoke(addition));
        for answer in join_all(added).await {
            let (answer, took) = answer?;
            self.answers.push((Some(answer), took));
        }
        let transactions = self.table.load_of_transactions();
        self.row(&format!("100 additions at once, {transactions} transactions"));
        Ok(())
    }

    /// Pages of the account on cold instances.
    async fn pages(&mut self) -> Result<(), Box<dyn Error>> {
        for path in ["/account", "/account/memories", "/account/data"] {
            self.begin();
            for _ in 0..3 {
                let mut cold = self.start(ACCOUNT).await?;
                self.send(&mut cold, self.user.browser.get(path)?).await?;
            }
            self.row(&format!("page {path}, cold"));
        }
        Ok(())
    }

    /// Requests and confirms the deletion of all memories, searches at once, and lets the maintenance delete them.
    async fn delete_all(&mut self) -> Result<(), Box<dyn Error>> {
        let (mut mcp, mut account) = (self.start(MCP).await?, self.start(ACCOUNT).await?);
        self.begin();
        let request =
            flow::tool_call(&self.user.token, "delete_all_memories", &json!({"confirm": "delete all memories"}))?;
        self.send(&mut mcp, request).await?;
        self.row("deletion of all, requested");
        self.begin();
        self.send(&mut account, self.user.browser.get("/account")?).await?;
        let confirmation = self.user.confirmation(self.answers[0].0.as_ref().ok_or("no answer")?)?;
        self.begin();
        self.send(&mut account, confirmation).await?;
        self.row("… confirmed");
        self.begin();
        let word = format!("mark{}", self.size / 2);
        self.send(&mut mcp, self.user.search(&word)?).await?;
        let is_found = self.found(&word);
        self.row(if is_found { "… the next search finds memories" } else { "… the next search finds nothing" });
        let keys = json!({"pk": {"S": format!("USER#{}", self.user.user_id)}, "sk": {"S": "INDEX#CLEARED#1"}});
        let written = json!({"Records": [{"eventName": "INSERT", "dynamodb": {"Keys": keys, "SequenceNumber": "1"}}]});
        self.begin();
        let mut maintain = self.start(MAINTAIN).await?;
        for _ in 0..MAX_ROUNDS {
            let (answer, took) = maintain.instance.invoke(written.clone()).await?;
            self.answers.push((Some(answer), took));
            if !self.user.has_memories().await? {
                break;
            }
        }
        let is_done = !self.user.has_memories().await?;
        self.row(if is_done { "… moved to the trash by the maintenance" } else { "… maintenance, not finished" });
        Ok(())
    }
}

/// The memory of a function in the template.
pub(crate) fn megabytes(function: &str) -> u64 {
    if function == MAINTAIN { 1769 } else { 512 }
}

/// `true` for a successful answer of a function: of a tool, a page, or the maintenance.
pub(crate) fn is_success(answer: &Value) -> bool {
    if answer.get("batchItemFailures").is_some() {
        return true;
    }
    let Ok(response) = response(answer) else { return false };
    let body: Value = serde_json::from_str(response.body()).unwrap_or_default();
    !response.status().is_client_error()
        && !response.status().is_server_error()
        && body.get("error").is_none()
        && body["result"]["isError"] != true
}
