//! What the search finds, and what it costs. `RESULTS.md` has the figures.

mod baseline;
mod kept;
mod locomo;
mod measure;
mod recall;
mod speed;
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
    Load,
}

#[expect(clippy::print_stderr, reason = "a program for people: this is where errors go")]
fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Recall { file, parts } => recall::run(&file, parts),
        Command::Search => speed::run(),
        Command::Kept => kept::run(),
        Command::Load => kept::run_load(),
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
