//! What the search finds, what it costs, and what the functions cost. `RESULTS.md` has the figures.

mod baseline;
mod flow;
mod kept;
mod load;
mod locomo;
mod measure;
mod process;
mod recall;
mod speed;
mod start;
mod table;
mod vocabulary;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about, version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Asks the questions of the LoCoMo conversations, and counts how much of the evidence is found.
    Recall {
        /// locomo10.json, as its authors publish it.
        file: PathBuf,
        /// Also without each part of what is indexed and searched, one added after the other.
        #[arg(long)]
        parts: bool,
    },
    /// Searches made-up memories, and takes the time.
    Search,
    /// Searches made-up memories that are kept in a store, and counts calls and bytes as well.
    Kept,
    /// Searches the memories of many people at once, one of whom has very many.
    Many,
    /// Has many clients go through the whole flow on the server of the desk, again and again.
    Load {
        /// The program: target/release/jean.
        jean: PathBuf,
        #[arg(long, default_value_t = 50)]
        clients: usize,
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Starts each function as Lambda does, and counts what its start and its requests cost; fails over a limit.
    Start {
        /// What `sam build` made: `.aws-sam/build`.
        folder: PathBuf,
        /// What infra/tools/bench/peers/build made, to compare with.
        #[arg(long)]
        peers: Option<PathBuf>,
    },
}

#[expect(clippy::print_stderr, reason = "a program for people: this is where errors go")]
fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Recall { file, parts } => recall::run(&file, parts),
        Command::Search => speed::run(),
        Command::Kept => kept::run(),
        Command::Many => kept::run_many(),
        Command::Load { jean, clients, seconds } => load::run(&jean, clients, seconds),
        Command::Start { folder, peers } => start::run(&folder, peers.as_deref()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "a program for people: this is its answer")]
fn say(text: &str) {
    println!("{text}");
}
