//! `jean doctor`: is a server well, as clients see it?

use std::{error::Error, fmt, fs, io, io::IsTerminal, path::PathBuf, process::ExitCode, time::Duration};

use anstyle::{AnsiColor, Style};
use indicatif::ProgressBar;
use jean_auth::user::Email;
use jean_runtime::{Clock, Environment, Random};
use serde_json::json;
use zeroize::Zeroizing;

use crate::{
    doctor::{self, Account, Finding, Patient, Report, Status, Target, Told, Trust},
    terminal::{complain, say},
};

/// The variable with the test account's password: an argument would be seen by everybody on this computer.
const PASSWORD: &str = "JEAN_DOCTOR_PASSWORD";
/// The exit code when nothing could be examined, which is also clap's for arguments that can't be.
const NOT_EXAMINED: u8 = 2;

/// What `jean doctor` takes.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
It goes the way of Claude, Claude Code, ChatGPT, Cursor and a page in a browser, and says for each thing it looks at what it saw, \
and how to mend it. It registers a few clients, which the server forgets by itself, and with --email it signs in, connects one, \
reads, and gives back what it was granted. It changes no memory.

Exit code: 0 if nothing failed, 1 if something did, 2 if nothing could be examined, for one because the URL can't be reached.

--json prints one object: `url`, `doctor_version` and `findings`, a list in the order of the way. A finding has `check` (a name that \
stays), `status` (ok, warn, fail or skipped), `saw` (a sentence) and, if there is something to do, `mend` (another). When the URL \
can't be reached, there is `unreachable` with the reason in the place of `findings`.")]
pub(crate) struct Arguments {
    /// The URL people paste into their assistant, or its origin
    url: Target,
    /// Somebody who may sign in, for the checks behind it; the password is in JEAN_DOCTOR_PASSWORD, or asked for
    #[arg(long, value_name = "EMAIL")]
    email: Option<Email>,
    /// A file of certificates (PEM) to trust besides those this computer trusts
    #[arg(long, value_name = "FILE")]
    ca_certificate: Option<PathBuf>,
    /// Print one JSON object, for programs
    #[arg(long)]
    json: bool,
}

/// What was given can't be used.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("--email needs the account's password in the variable {PASSWORD}, or a terminal to ask for it")]
    NoPassword,
    #[error("{} can't be read: {source}", path.display())]
    Certificate { path: PathBuf, source: io::Error },
}

/// Examines, tells, and says in the end whether something failed.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let is_json = arguments.json;
    let patient = match patient(arguments) {
        Ok(patient) => patient,
        Err(unusable) => {
            complain(unusable);
            return Ok(ExitCode::from(NOT_EXAMINED));
        }
    };
    // Drawn on stderr, and only where that is a terminal.
    let waiting = ProgressBar::new_spinner();
    waiting.enable_steady_tick(Duration::from_millis(100));
    let (mut stage, mut last_mend) = (String::new(), None);
    let mut tell = |told: Told<'_>| match told {
        Told::Waiting(what) => waiting.set_message(format!("waiting for {what}")),
        Told::Found(finding) if !is_json => waiting.suspend(|| {
            let of = finding.check.split('.').next().unwrap_or_default();
            if of != stage {
                print(format_args!(""));
                of.clone_into(&mut stage);
            }
            print(Line(finding));
            // What mends several in a row is said once.
            if let Some(mend) = &finding.mend
                && last_mend.replace(mend.clone()).as_ref() != Some(mend)
            {
                print(format_args!("{:8}→ {}", "", wrapped(mend, 10)));
            }
        }),
        Told::Found(_) => {}
    };
    if !is_json {
        say(format_args!("Examining {}, as clients see it.", patient.target));
    }
    let examined = doctor::examine(&patient, &mut tell).await;
    waiting.finish_and_clear();
    let report = match examined {
        Ok(report) => report,
        Err(unreachable) => {
            if is_json {
                let version = env!("CARGO_PKG_VERSION");
                let url = &patient.target.mcp;
                say(json!({ "url": url, "doctor_version": version, "unreachable": unreachable.to_string() }));
            }
            complain(unreachable);
            return Ok(ExitCode::from(NOT_EXAMINED));
        }
    };
    if is_json {
        say(serde_json::to_string_pretty(&report)?)
    } else {
        print(Summary(&report))
    }
    Ok(if report.count(Status::Fail) == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn patient(arguments: Arguments) -> Result<Patient, Unusable> {
    let account = match arguments.email {
        Some(email) => Some(Account { password: password(&email)?, email }),
        None => None,
    };
    let trust = match arguments.ca_certificate {
        Some(path) => Trust(Some(fs::read(&path).map_err(|source| Unusable::Certificate { path, source })?)),
        None => Trust::default(),
    };
    Ok(Patient {
        target: arguments.url,
        account,
        trust,
        budget: doctor::BUDGET,
        clock: Clock::of_system(),
        random: Random::of_system(),
    })
}

fn password(email: &Email) -> Result<Zeroizing<String>, Unusable> {
    if let Some(password) = Environment::of_process().get(PASSWORD) {
        return Ok(Zeroizing::new(password.into()));
    }
    if !io::stdin().is_terminal() {
        return Err(Unusable::NoPassword);
    }
    rpassword::prompt_password(format!("Password of {email}: ")).map(Zeroizing::new).map_err(|_| Unusable::NoPassword)
}

/// Prints a line, with its colours where they are wanted: not in a file, not with NO_COLOR.
fn print(line: impl fmt::Display) {
    use io::Write as _;
    let _ = writeln!(anstream::stdout(), "{line}");
}

struct Line<'a>(&'a Finding);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { check, status, saw, .. } = self.0;
        let (word, colour) = match status {
            Status::Ok => ("ok", AnsiColor::Green.on_default()),
            Status::Warn => ("warn", AnsiColor::Yellow.on_default()),
            Status::Fail => ("FAIL", AnsiColor::Red.on_default().bold()),
            Status::Skipped => ("skipped", Style::new().dimmed()),
        };
        write!(f, "{colour}{word:<8}{colour:#}{check:<34}{}", wrapped(saw, 42))
    }
}

/// The width of what is told: a terminal's, more or less.
const COLUMNS: usize = 120;

/// A sentence in lines that end at [`COLUMNS`], each but the first indented.
fn wrapped(sentence: &str, indent: usize) -> String {
    let (mut lines, mut column) = (String::new(), indent);
    for word in sentence.split(' ') {
        let length = word.chars().count();
        if column > indent && column + 1 + length > COLUMNS {
            lines.push_str(&format!("\n{:indent$}", ""));
            column = indent;
        } else if column > indent {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += length;
    }
    lines
}

struct Summary<'a>(&'a Report);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |status| self.0.count(status);
        let (ok, warn, fail, skipped) =
            (count(Status::Ok), count(Status::Warn), count(Status::Fail), count(Status::Skipped));
        write!(f, "\n{ok} ok, {warn} to look at, {fail} failed, {skipped} skipped. ")?;
        f.write_str(match (fail, warn, skipped) {
            (0, 0, 0) => "Clients can connect.",
            (0, 0, _) => "Nothing that was looked at keeps clients from connecting.",
            (0, ..) => "Some clients may stumble.",
            _ => "Mend the first failure first: others may follow from it.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sentences_become_lines_that_fit_and_lose_no_word() {
        let sentence = "a sentence of many words ".repeat(20);
        let lines = wrapped(sentence.trim(), 42);
        assert!(lines.lines().count() > 4);
        assert!(
            lines.lines().skip(1).all(|line| line.len() <= COLUMNS && line.starts_with(&" ".repeat(42))),
            "{lines}"
        );
        assert_eq!(lines.split_whitespace().collect::<Vec<_>>(), sentence.split_whitespace().collect::<Vec<_>>());
        let word = "x".repeat(300);
        assert_eq!(wrapped(&word, 10), word, "what can't be cut is left whole");
    }
}
