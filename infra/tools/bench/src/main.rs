//! Benchmarks: search quality, search cost, and the cost of each Lambda function. `RESULTS.md` has the figures.

mod baseline;
mod cases;
mod flow;
mod generator;
mod large;
mod load;
mod locomo;
mod measure;
mod output;
mod process;
mod recall;
mod scale;
mod speed;
mod start;
mod stored;
mod table;
mod vocabulary;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about, version)]
struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Subcommand)]
enum Benchmark {
    /// Measure search quality on the LoCoMo conversations
    Recall {
        /// locomo10.json, as published by its authors
        file: PathBuf,
        /// Also measure with the parts of the index and the query added one by one
        #[arg(long)]
        parts: bool,
        /// Put the memories of all conversations into one index
        #[arg(long)]
        together: bool,
        /// Prepared corpora to measure as well: `[{documents: [{text, at, previous}], questions: [{text, relevant}]}]`
        #[arg(long, num_args = 1..)]
        sets: Vec<PathBuf>,
        /// Also measure with encoded memories, which takes a quarter of an hour
        #[arg(long)]
        encode: bool,
    },
    /// Search for single memories by the rows of a file, among 2,000 others
    Cases {
        /// A line of JSON per row: `{kind, memory, query}`, or `{filler}`. By default, the rows of this project
        file: Option<PathBuf>,
        /// locomo10.json, as published by its authors. By default, the other memories are generated
        others: Option<PathBuf>,
    },
    /// Measure the time of searches in an index of generated memories
    Search,
    /// Measure calls, bytes and time of searches in a store of generated memories
    Stored,
    /// Measure concurrent searches of many users, with very many memories for one of them
    Many,
    /// Measure one user with very many memories on the built functions, within DynamoDB's limits
    Large {
        /// The output of `sam build`: `.aws-sam/build`
        folder: PathBuf,
        /// Numbers of memories, one user each
        #[arg(long, num_args = 1.., default_values_t = [10_000, 50_000, 200_000])]
        memories: Vec<usize>,
    },
    /// Simulate bursts on many instances of the built MCP function, on a slower clock
    Scale {
        /// The output of `sam build`: `.aws-sam/build`
        folder: PathBuf,
        /// Numbers of instances, each of which adds to those before
        #[arg(long, num_args = 1.., default_values_t = [1, 10, 100])]
        instances: Vec<usize>,
        /// The factor by which the clock of the simulation is slower
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        slowed: u32,
    },
    /// Run the OAuth flow and tool calls on a local server with many concurrent clients
    Load {
        /// The binary: target/release/jean
        jean: PathBuf,
        #[arg(long, default_value_t = 50)]
        clients: usize,
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Measure the start and the requests of each function, and fail if a limit is exceeded
    Start {
        /// The output of `sam build`: `.aws-sam/build`
        folder: PathBuf,
    },
    /// Compare the built functions with other implementations
    Peers {
        /// The output of `sam build`: `.aws-sam/build`
        folder: PathBuf,
        /// The output of infra/tools/bench/peers/build: target/bench-peers
        peers: PathBuf,
    },
}

#[expect(clippy::print_stderr, reason = "a command line program reports errors on stderr")]
fn main() -> ExitCode {
    let done = match Arguments::parse().benchmark {
        Benchmark::Recall { file, parts, together, sets, encode } => recall::run(&file, parts, together, &sets, encode),
        Benchmark::Cases { file, others } => cases::run(file.as_deref(), others.as_deref()),
        Benchmark::Search => speed::run(),
        Benchmark::Stored => stored::run(),
        Benchmark::Many => stored::run_many(),
        Benchmark::Large { folder, memories } => large::run(&folder, &memories),
        Benchmark::Scale { folder, instances, slowed } => scale::run(&folder, &instances, slowed),
        Benchmark::Load { jean, clients, seconds } => load::run(&jean, clients, seconds),
        Benchmark::Start { folder } => start::run(&folder),
        Benchmark::Peers { folder, peers } => start::compare(&folder, &peers),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
