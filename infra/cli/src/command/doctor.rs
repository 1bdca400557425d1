//! `jean doctor`: diagnoses a running server from a client's point of view.

mod transcript;

use std::{error::Error, fs, io, io::IsTerminal, io::Write, path::PathBuf, process::ExitCode, time::Duration};

use indicatif::ProgressBar;
use jean_auth::user::Email;
use jean_runtime::{Clock, Environment, Random};
use serde_json::json;
use zeroize::Zeroizing;

use self::transcript::Transcript;
use crate::{
    deployed_stack::DeployedStack,
    doctor::{self, Account, Examination, Progress, Status, Target, Trust},
    terminal::{print, print_error},
};

/// The environment variable with the account's password. Arguments are visible to every user of the computer.
const PASSWORD: &str = "JEAN_DOCTOR_PASSWORD";
/// The server notes them for the doctor as for an attacker, who could otherwise pass for one.
const NOTICES: &str = "The account now has notices of this examination: a new sign-in from jean doctor, and connections of Claude that \
                       were revoked.";
/// The exit code if nothing could be checked, the same as clap's for invalid arguments.
const NOT_EXAMINED: u8 = 2;

/// Arguments of `jean doctor`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Runs through the connection flow of Claude, Claude Code, ChatGPT, Cursor and a page in a browser, and reports for each check what it \
observed and how to fix it. It registers a few clients, which the server deletes when they stay unused. With --email it also signs in, \
connects a client, reads, and revokes the grant. It changes no memories.

Exit code: 0 if no check failed, 1 if a check failed, 2 if nothing could be checked, for example because the URL is unreachable.

--json prints one object: `url`, `doctor_version` and `findings`, in the order of the flow. A finding has `check` (a stable name), \
`status` (ok, warn, fail or skipped), `observed` (a sentence) and, if action is needed, `fix` (a sentence). If the URL is unreachable, \
the object has `unreachable` with the reason instead of `findings`.")]
pub(crate) struct Arguments {
    /// The URL that users paste into their assistant, or its origin
    #[arg(required_unless_present = "stack", conflicts_with = "stack")]
    url: Option<Target>,
    /// The name of a deployed stack; reads the URL from its outputs, with the credentials of the AWS CLI
    #[arg(long, value_name = "NAME")]
    stack: Option<String>,
    /// Account to use for the checks that need a sign-in; its password is read from JEAN_DOCTOR_PASSWORD or prompted for
    #[arg(long, value_name = "EMAIL")]
    email: Option<Email>,
    /// File with certificates (PEM) to trust in addition to those of this computer
    #[arg(long, value_name = "FILE")]
    ca_certificate: Option<PathBuf>,
    /// Print one JSON object for programs
    #[arg(long)]
    json: bool,
    /// List every check, not only problems
    #[arg(long, short, conflicts_with = "json")]
    verbose: bool,
}

/// Unusable arguments.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("--email needs the account's password in the variable {PASSWORD} or a terminal to prompt for it")]
    NoPassword,
    #[error("cannot read {}: {source}", path.display())]
    Certificate { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Stack(Box<dyn Error>),
}

/// Examines the server and prints the report. The exit code tells whether a check failed.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let (is_json, verbose) = (arguments.json, arguments.verbose);
    let examination = match examination(arguments).await {
        Ok(examination) => examination,
        Err(unusable) => {
            print_error(unusable);
            return Ok(ExitCode::from(NOT_EXAMINED));
        }
    };
    // Drawn on stderr, and only if that is a terminal.
    let spinner = ProgressBar::new_spinner();
    spinner.enable_steady_tick(Duration::from_millis(100));
    let mut on_progress = |progress: Progress<'_>| {
        if let Progress::Waiting(what) = progress {
            spinner.set_message(format!("waiting for {what}"));
        }
    };
    let examined = doctor::examine(&examination, &mut on_progress).await;
    spinner.finish_and_clear();
    let report = match examined {
        Ok(report) => report,
        Err(unreachable) => {
            if is_json {
                let version = env!("CARGO_PKG_VERSION");
                let url = &examination.target.mcp;
                print(json!({ "url": url, "doctor_version": version, "unreachable": unreachable.to_string() }));
            }
            print_error(unreachable);
            return Ok(ExitCode::from(NOT_EXAMINED));
        }
    };
    if is_json {
        print(serde_json::to_string_pretty(&report)?);
    } else {
        // Colours are removed if stdout is not a terminal or NO_COLOR is set.
        let _ = write!(anstream::stdout(), "{}", Transcript { report: &report, verbose });
        if report.has_signed_in() {
            print(NOTICES);
        }
    }
    Ok(if report.count(Status::Fail) == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn examination(arguments: Arguments) -> Result<Examination, Unusable> {
    let account = match arguments.email {
        Some(email) => Some(Account { password: password(&email)?, email }),
        None => None,
    };
    let trust = match arguments.ca_certificate {
        Some(path) => Trust(Some(fs::read(&path).map_err(|source| Unusable::Certificate { path, source })?)),
        None => Trust::default(),
    };
    let target = match arguments.stack {
        Some(stack) => target_of(&stack).await.map_err(Unusable::Stack)?,
        None => arguments.url.expect("required without a stack"),
    };
    Ok(Examination {
        target,
        account,
        trust,
        budget: doctor::BUDGET,
        clock: Clock::of_system(),
        random: Random::of_system(),
    })
}

/// The URL in the outputs of a stack.
async fn target_of(stack: &str) -> Result<Target, Box<dyn Error>> {
    Ok(DeployedStack::read(stack).await?.public_url.issuer().parse()?)
}

fn password(email: &Email) -> Result<Zeroizing<String>, Unusable> {
    if let Some(password) = Environment::of_process().get(PASSWORD) {
        return Ok(Zeroizing::new(password));
    }
    if !io::stdin().is_terminal() {
        return Err(Unusable::NoPassword);
    }
    rpassword::prompt_password(format!("Password of {email}: ")).map(Zeroizing::new).map_err(|_| Unusable::NoPassword)
}
