//! Checks of the workspace itself, for contributors and CI. No other package depends on this one.
//!
//! | check | fails when |
//! |---|---|
//! | `prose` | a package's comments or the documents exceed a rate of hard-to-read patterns |
//! | `modules` | the modules of a crate depend on each other in a cycle |
//! | `names` | type names are defined more than once, or a function has too many arguments |
//! | `features` | a dependency has different features in different functions, so that it is compiled more than once |
//! | `settings` | `infra/docs/SETTINGS.md` differs from `template.yaml` |
//! | `subjects` | a commit subject is not `area: verb …` or is too long |

mod features;
mod modules;
mod names;
mod prose;
mod report;
mod settings;
mod source;
mod subjects;

use std::{error::Error, process::ExitCode};

use clap::{Parser, Subcommand};

use self::{report::CheckReport, source::Repository};

#[derive(Parser)]
#[command(about, version)]
struct Arguments {
    #[command(subcommand)]
    check: CheckCommand,
}

#[derive(Subcommand)]
enum CheckCommand {
    /// Measure patterns of hard-to-read prose per 1,000 words of comments and documents
    Prose {
        /// Print the rates of every package
        #[arg(long)]
        report: bool,
    },
    /// Find cycles between the modules of each crate
    Modules,
    /// Find type names defined more than once, and functions with too many arguments
    Names,
    /// Compare the features of dependencies between the functions
    Features,
    /// Compare infra/docs/SETTINGS.md with template.yaml
    Settings {
        /// Write the file instead
        #[arg(long)]
        write: bool,
    },
    /// Check commit subjects
    Subjects {
        /// First commit that is not checked [default: the newest tag, or the 20th commit before HEAD]
        #[arg(long)]
        since: Option<String>,
    },
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program reports to the terminal")]
fn main() -> ExitCode {
    match run(&Arguments::parse().check) {
        Ok(CheckReport { text, violations }) => {
            print!("{text}");
            violations.iter().for_each(|violation| println!("{violation}"));
            if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(check: &CheckCommand) -> Result<CheckReport, Box<dyn Error>> {
    let repository = Repository::of_this_package();
    match check {
        CheckCommand::Prose { report } => prose::check(&repository, *report),
        CheckCommand::Modules => modules::check(&repository),
        CheckCommand::Names => names::check(&repository),
        CheckCommand::Features => features::check(&repository),
        CheckCommand::Settings { write } => settings::check(&repository, *write),
        CheckCommand::Subjects { since } => subjects::check(&repository, since.as_deref()),
    }
}
