//! Other implementations of the same requests, beside the functions: one tool by hand in Node and Python, with the same AWS
//! endpoints, and the servers of two MCP frameworks with their own OAuth and a store in memory.

use std::{
    error::Error,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use super::{
    Aws, Functions,
    measure::{self, Times},
    scenario::{self, Scenario},
    server::{self, Server},
    time_row,
};
use crate::output::print;

/// Measures the functions in `folder` and the implementations in `peers`.
pub(crate) fn compare(folder: &Path, peers: &Path) -> Result<(), Box<dyn Error>> {
    let own = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let aws = Aws::serve(own.path()).await?;
        let mut functions = Functions::new(folder, &aws);
        let mut scenarios = scenario::of_the_flow(&mut functions).await?;
        let mut named = |name| {
            let place = scenarios.iter().position(|scenario| scenario.name == name);
            place.map(|place| scenarios.swap_remove(place)).ok_or("no such scenario")
        };
        let (mut code, mut get_memory) = (named("code")?, named("get_memory")?);
        print("| | | init: CPU ms | ms | first: CPU ms | ms | warm: CPU us | us | MiB | to ours, warm CPU |");
        print("|---|---|---|---|---|---|---|---|---|---|");
        let call = by_hand(&mut get_memory, &mut functions, peers).await?;
        let bootstrap = functions.bootstrap(&code.function)?;
        let variables = functions.variables(&code.function)?;
        let exchange = measure::time(&mut code, &mut functions, || Ok(Command::new(&bootstrap)), &variables).await?;
        print_row("token exchange, ours", &exchange, &exchange);
        for server in servers(peers) {
            let (of_exchange, of_call) =
                server::time(&server).await.map_err(|error| format!("{}: {error}", server.name))?;
            print_row(&format!("token exchange, {}", server.name), &of_exchange, &exchange);
            print_row(&format!("tool call, {}", server.name), &of_call, &call);
        }
        Ok(())
    })
}

/// Measures `get_memory` of the function and of those by hand. Returns the times of the function.
async fn by_hand(
    scenario: &mut Scenario,
    functions: &mut Functions<'_>,
    peers: &Path,
) -> Result<Times, Box<dyn Error>> {
    let mut variables = functions.variables(&scenario.function)?;
    // The same variable for Node.
    let roots = variables["AWS_CA_BUNDLE"].clone();
    variables.insert("NODE_EXTRA_CA_CERTS".into(), roots);
    let bootstrap = functions.bootstrap(&scenario.function)?;
    let started: [(&str, Vec<PathBuf>); 3] = [
        ("ours", vec![bootstrap]),
        ("Node", vec!["/usr/bin/env".into(), "node".into(), peers.join("node/handler.mjs")]),
        ("Python", vec![peers.join("python/bin/python"), peers.join("python/handler.py")]),
    ];
    let mut ours = None;
    for (name, command) in started {
        let (program, arguments) = command.split_first().ok_or("no program")?;
        let start = || {
            let mut command = Command::new(program);
            command.args(arguments);
            Ok(command)
        };
        let timed =
            measure::time(scenario, functions, start, &variables).await.map_err(|error| format!("{name}: {error}"))?;
        print_row(&format!("tool call, {name}"), &timed, ours.get_or_insert(timed));
    }
    Ok(ours.ok_or("nothing measured")?)
}

fn servers(peers: &Path) -> [Server; 2] {
    let (python, worker) = (peers.join("fastmcp"), peers.join("workers-oauth-provider"));
    [
        Server {
            name: "FastMCP",
            oauth: "",
            command: Box::new(move |port| {
                let mut command = Command::new(python.join("bin/python"));
                command.arg(python.join("server.py")).arg(port.to_string());
                command
            }),
        },
        Server {
            name: "workers-oauth-provider",
            oauth: "/oauth",
            command: Box::new(move |port| {
                let mut command = Command::new(worker.join("workerd"));
                command.arg("serve").arg(worker.join("config.capnp"));
                command.arg(format!("--socket-addr=http=127.0.0.1:{port}"));
                command
            }),
        },
    ]
}

fn print_row(name: &str, times: &Times, ours: &Times) {
    let ratio = times.warm.cpu.as_secs_f64() / ours.warm.cpu.as_secs_f64();
    print(&format!("{} {ratio:.1} |", time_row(name, times)));
}
