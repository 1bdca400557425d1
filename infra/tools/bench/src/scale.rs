//! Lambda's scaling: instances of the MCP function behind a gateway, in front of a table with DynamoDB's limits.
//!
//! A machine with two processors cannot run a hundred instances at Lambda's speed, so the clock of the simulation is slower than
//! the real one, as in time-warped emulation (Gupta et al., NSDI 2006): responses of DynamoDB take longer and its units a second
//! are fewer by this factor, and an instance remains busy after a request for as long as its share of a processor that is
//! slower by this factor would need. The printed figures are of the clock of the simulation, in which the processor time of this
//! program and the waiting for a processor count by one over the factor.

use std::{
    collections::BTreeMap,
    error::Error,
    path::Path,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::future::try_join_all;
use serde_json::{Value, json};
use tokio::{process::Command, sync::Semaphore, time::sleep};

use crate::{
    flow,
    generator::Generator,
    large::{LargeUser, LimitedTable, MCP, is_success, megabytes},
    output::print,
    process::cpu,
    start::{Aws, Functions, Instance, add_user, event},
};

/// Requests of each client, in turn: an addition, a search, a list.
const REQUESTS: usize = 60;
/// Processes that start at the same time. A hundred on two processors exceed their own timeouts.
const STARTING: usize = 2;
/// The memory that buys a whole processor of Lambda, in MB.
const WHOLE_PROCESSOR: u64 = 1769;

/// Measures each number of instances, with a user for each client, and with one user for all.
pub(crate) fn run(folder: &Path, instances: &[usize], slowed: u32) -> Result<(), Box<dyn Error>> {
    let own = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(scale(folder, own.path(), instances, slowed))
}

async fn scale(folder: &Path, own: &Path, instances: &[usize], slowed: u32) -> Result<(), Box<dyn Error>> {
    let table = LimitedTable::new();
    let aws = Aws::serve_limited(own, Some(table.clone())).await?;
    let mut functions = Functions::new(folder, &aws);
    let client_id = flow::client_id(&functions.send(flow::registration()?).await?)?;
    let mut users = Vec::new();
    for number in 0..*instances.iter().max().ok_or("no instances")? {
        let user_id = format!("user-{number}");
        add_user(&aws.engine, &user_id).await?;
        users.push(LargeUser::connect(&aws, &mut functions, &client_id, &user_id).await?);
    }
    table.slow(slowed);
    print(
        "| users | instances | a second | to the first row | refused by the table | requests | failed | median ms | 95 % | \
         99 % | longest | started | start ms | CPU ms |",
    );
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    let mut errors = Vec::new();
    for tokens in [users.iter().map(|user| user.token.as_str()).collect(), vec![users[0].token.as_str()]] {
        // The instances of a row serve the next one as well, so each row is a burst that starts the missing ones.
        let gateway = Gateway::new(&functions, slowed)?;
        let mut first = None;
        for count in instances {
            table.take_load();
            let began = Instant::now();
            let clients = (0..*count).map(|number| gateway.client(number, tokens[number % tokens.len()]));
            let served: Vec<_> = try_join_all(clients).await?.into_iter().flatten().collect();
            let a_second = served.len() as f64 / gateway.simulated(began.elapsed()).as_secs_f64();
            let rate = format!("{a_second:.0} | {:.1}", a_second / *first.get_or_insert(a_second));
            let (users, refused) = (tokens.len().min(*count), table.take_load().refused);
            print(&format!("| {users} | {count} | {rate} | {refused} | {} |", cells(&served)));
            errors.extend(served.into_iter().filter_map(|served| served.error).take(1));
        }
    }
    errors.iter().for_each(|error| print(&format!("\nFailed: {error}")));
    Ok(())
}

/// The gateway of a function: a request goes to an instance without one, which is started if there is none.
struct Gateway<'a> {
    functions: &'a Functions<'a>,
    variables: BTreeMap<String, String>,
    slowed: u32,
    idle: Mutex<Vec<Instance>>,
    starting: Semaphore,
}

/// A request, in the time of the simulation.
struct Served {
    took: Duration,
    /// The time until the instance was ready, if it was started for this request.
    start: Option<Duration>,
    /// On a whole processor, without the start.
    cpu: Duration,
    /// The answer, unless it is a success.
    error: Option<Value>,
}

impl<'a> Gateway<'a> {
    fn new(functions: &'a Functions<'a>, slowed: u32) -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            functions,
            variables: functions.variables(MCP)?,
            slowed,
            idle: Mutex::default(),
            starting: Semaphore::new(STARTING),
        })
    }

    /// The requests of one client, each after the answer to the one before.
    async fn client(&self, number: usize, token: &str) -> Result<Vec<Served>, Box<dyn Error>> {
        let mut generator = Generator::new(number as u64);
        let mut served = Vec::with_capacity(REQUESTS);
        for request in 0..REQUESTS {
            let (tool, arguments) = match request % 3 {
                0 => ("add_memory", json!({"text": generator.text()})),
                1 => ("search_memory", json!({"query": generator.query()})),
                _ => ("list_memories", json!({})),
            };
            served.push(self.send(event(&flow::tool_call(token, tool, &arguments)?)).await?);
        }
        Ok(served)
    }

    async fn send(&self, event: Value) -> Result<Served, Box<dyn Error>> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let (mut instance, start) = match idle {
            Some(instance) => (instance, None),
            None => self.start().await.map(|(instance, took)| (instance, Some(took)))?,
        };
        let began = Instant::now();
        let before = cpu(instance.id()?)?;
        let (answer, _) = instance.invoke(event).await?;
        let spent = cpu(instance.id()?)?.saturating_sub(before);
        let share = megabytes(MCP) as f64 / WHOLE_PROCESSOR as f64;
        sleep(spent.mul_f64(f64::from(self.slowed) / share) - spent).await;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(instance);
        let error = Some(answer).filter(|answer| !is_success(answer));
        let took = start.unwrap_or_default() + self.simulated(began.elapsed());
        Ok(Served { took, start, cpu: spent, error })
    }

    /// Starts an instance with a whole processor, as Lambda does. Returns the time it took, without the wait for a free one
    /// of this machine.
    async fn start(&self) -> Result<(Instance, Duration), Box<dyn Error>> {
        let command = Command::new(self.functions.bootstrap(MCP)?);
        let permit = self.starting.acquire().await?;
        let instance = Instance::start(command, &self.variables).await?;
        drop(permit);
        let slower = cpu(instance.id()?)? * (self.slowed - 1);
        sleep(slower).await;
        let took = self.simulated(instance.init + slower);
        Ok((instance, took))
    }

    fn simulated(&self, real: Duration) -> Duration {
        real / self.slowed
    }
}

/// The cells of a row from the number of requests on.
fn cells(served: &[Served]) -> String {
    let mut took: Vec<_> = served.iter().map(|served| served.took).collect();
    let mut starts: Vec<_> = served.iter().filter_map(|served| served.start).collect();
    took.sort_unstable();
    starts.sort_unstable();
    let ms = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1e3);
    let at = |share: usize| ms(took[(took.len() - 1) * share / 100]);
    let start = starts.get(starts.len() / 2).map_or_else(String::new, |start| ms(*start));
    let cpu = served.iter().map(|served| served.cpu).sum::<Duration>() / served.len() as u32;
    let failed = served.iter().filter(|served| served.error.is_some()).count();
    let times = format!("{} | {} | {} | {}", at(50), at(95), at(99), at(100));
    format!("{} | {failed} | {times} | {} | {start} | {}", served.len(), starts.len(), ms(cpu))
}
