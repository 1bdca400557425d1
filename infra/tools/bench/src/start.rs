//! The cost of each function: the release build of `sam build`, with a Runtime API and AWS endpoints of this program.
//! Both are reached through sockets, so they cost a function as much as the real ones, except for network latency.

mod anonymous;
mod aws;
mod functions;
mod instance;
mod limits;
mod measure;
mod peers;
mod phases;
mod scenario;
mod server;

use std::{error::Error, fs, path::Path};

use indicatif::ProgressBar;
use tokio::process::Command;

pub(crate) use self::{
    aws::{Aws, USER, add_user, email},
    functions::{Functions, event, response},
    instance::Instance,
    peers::compare,
};
use self::{
    measure::{Spent, Times},
    phases::Phases,
    scenario::Scenario,
};
use crate::output::print;

/// Measures the functions in `folder`. Returns an error if a limit is exceeded.
pub(crate) fn run(folder: &Path) -> Result<(), Box<dyn Error>> {
    let own = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let over = runtime.block_on(measure_all(folder, own.path()))?;
    if over.is_empty() { Ok(()) } else { Err(format!("limits exceeded:\n{}", over.join("\n")).into()) }
}

async fn measure_all(folder: &Path, own: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let aws = Aws::serve(own).await?;
    let mut functions = Functions::new(folder, &aws);
    let mut scenarios = scenario::of_the_flow(&mut functions).await?;
    scenarios.extend(anonymous::scenarios(&functions)?);
    let progress = ProgressBar::new(scenarios.len() as u64);
    let (mut counts, mut times) = (Vec::new(), Vec::new());
    let (mut known, mut over) = (Vec::new(), Vec::new());
    for scenario in &mut scenarios {
        let phases =
            measure::count(scenario, &mut functions, &aws, own).await.map_err(|error| scenario.failed(&error))?;
        let bootstrap = functions.bootstrap(&scenario.function)?;
        let variables = functions.variables(&scenario.function)?;
        let start = || Ok(Command::new(&bootstrap));
        let timed = measure::time(scenario, &mut functions, start, &variables)
            .await
            .map_err(|error| scenario.failed(&error))?;
        let size = fs::metadata(&bootstrap)?.len();
        for exceeded in scenario.limits.exceeded(&phases, timed.resident, size) {
            let line = format!("{}, {}: {exceeded}", scenario.function, scenario.name);
            if exceeded.is_known(&scenario.function) { &mut known } else { &mut over }.push(line);
        }
        counts.push(count_row(scenario, &phases, size));
        times.push(time_row(&format!("{} | {}", scenario.function, scenario.name), &timed));
        progress.inc(1);
    }
    progress.finish_and_clear();
    print("| | | init, M Ir | first, K Ir | warm, K Ir | AWS calls | system calls | MB |");
    print("|---|---|---|---|---|---|---|---|");
    counts.iter().for_each(|row| print(row));
    print("\n| | | init: CPU ms | ms | first: CPU ms | ms | warm: CPU us | us | MiB |");
    print("|---|---|---|---|---|---|---|---|---|");
    times.iter().for_each(|row| print(row));
    if !known.is_empty() {
        print(&format!("\nKnown violations:\n{}", known.join("\n")));
    }
    Ok(over)
}

impl Scenario {
    fn failed(&self, why: &dyn std::fmt::Display) -> String {
        format!("{}, {}: {why}", self.function, self.name)
    }
}

fn count_row(scenario: &Scenario, phases: &Phases, size: u64) -> String {
    let Phases { init, first, warm } = phases;
    format!(
        "| {} | {} | {:.2} | {} | {} | {} | {} | {:.2} |",
        scenario.function,
        scenario.name,
        init.instructions as f64 / 1e6,
        first.instructions / 1000,
        warm.instructions / 1000,
        warm.calls,
        warm.system_calls,
        size as f64 / 1e6,
    )
}

fn time_row(name: &str, times: &Times) -> String {
    let Times { init, first, warm, resident } = times;
    let ms = |Spent { cpu, wall }: &Spent| format!("{:.1} | {:.1}", cpu.as_secs_f64() * 1e3, wall.as_secs_f64() * 1e3);
    let us = |Spent { cpu, wall }: &Spent| format!("{} | {}", cpu.as_micros(), wall.as_micros());
    format!("| {name} | {} | {} | {} | {:.1} |", ms(init), ms(first), us(warm), *resident as f64 / 1024.0)
}
