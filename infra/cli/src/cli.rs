//! The command line.

use std::{error::Error, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{
    command::{doctor, dynamodb, export, import, key, serve, user},
    terminal::complain,
};

/// A memory server for your assistants, on your desk. Without a command it serves.
#[derive(Debug, Parser)]
#[command(name = "jean", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    serve: serve::Arguments,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the whole set on this computer
    Serve(serve::Arguments),
    /// Add, list and remove people
    #[command(subcommand)]
    User(user::Action),
    /// Create, list and revoke keys for the older endpoint
    #[command(subcommand)]
    Key(key::Action),
    /// Write all of somebody's memories to a file, one a line, as JSON
    Export(export::Arguments),
    /// Add the memories of a file to somebody's: an export, what mem0 lists, or OpenMemory's memories.json
    Import(import::Arguments),
    /// Examine a running server, as clients see it
    Doctor(doctor::Arguments),
    /// Serve the local DynamoDB with its tables, for `sam local`
    Dynamodb(dynamodb::Arguments),
}

/// Runs the command this process was started with.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or(Command::Serve(cli.serve));
    match execute(command) {
        Ok(code) => code,
        Err(error) => {
            complain(error);
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> Result<ExitCode, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Doctor(arguments) => return doctor::run(arguments).await,
            Command::Serve(arguments) => serve::run(arguments).await,
            Command::User(action) => user::run(action).await,
            Command::Key(action) => key::run(action).await,
            Command::Export(arguments) => export::run(arguments).await,
            Command::Import(arguments) => import::run(arguments).await,
            Command::Dynamodb(arguments) => dynamodb::run(arguments).await,
        }?;
        Ok(ExitCode::SUCCESS)
    })
}
