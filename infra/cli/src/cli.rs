//! The command line.

use std::{error::Error, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::{
    command::{doctor, dynamodb, export, import, key, serve, user},
    terminal::{print, print_error},
};

/// A self-hosted memory server for AI assistants. Runs `serve` if no command is given.
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
    /// Run all functions in one local server
    Serve(serve::Arguments),
    /// Manage users
    #[command(subcommand)]
    User(user::UserAction),
    /// Manage API keys for the legacy endpoint
    #[command(subcommand)]
    Key(key::KeyAction),
    /// Export a user's memories as JSON Lines
    Export(export::Arguments),
    /// Import memories for a user from an export of this or another product, or from a list
    Import(import::Arguments),
    /// Diagnose a running server from a client's point of view
    Doctor(doctor::Arguments),
    /// Print a script that completes this command line in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Run the embedded DynamoDB with all tables over HTTP, for `sam local`
    Dynamodb(dynamodb::Arguments),
}

/// Parses the command line and runs the command.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or(Command::Serve(cli.serve));
    match execute(command) {
        Ok(code) => code,
        Err(error) => {
            print_error(error);
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> Result<ExitCode, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Doctor(arguments) => return doctor::run(arguments).await,
            Command::Import(arguments) => return import::run(arguments).await,
            Command::Serve(arguments) => serve::run(arguments).await,
            Command::User(action) => user::run(action).await,
            Command::Key(action) => key::run(action).await,
            Command::Export(arguments) => export::run(arguments).await,
            Command::Dynamodb(arguments) => dynamodb::run(arguments).await,
            Command::Completions { shell } => {
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut Cli::command(), "jean", &mut script);
                print(String::from_utf8_lossy(&script).trim_end());
                Ok(())
            }
        }?;
        Ok(ExitCode::SUCCESS)
    })
}
