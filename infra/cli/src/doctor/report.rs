//! What was found, and how it is told.

use serde::Serialize;

use super::Target;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As clients want it.
    Ok,
    /// It could not be looked at.
    Skipped,
    /// Some clients will stumble, or something here could not be decided from outside.
    Warn,
    /// Clients fail.
    Fail,
}

/// One check, done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its name, which does not change: the stage of the way, a dot, what is looked at.
    pub check: &'static str,
    /// How it ended.
    pub status: Status,
    /// What was seen, in one line.
    pub saw: String,
    /// How to mend it, where there is something to mend or to enable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

/// What is told while it happens.
pub enum Told<'a> {
    /// The answers to this are being waited for.
    Waiting(&'static str),
    /// A check is done.
    Found(&'a Finding),
}

/// All checks that were done.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The URL that was examined, as people paste it.
    pub url: String,
    /// Of the program that examined it.
    pub doctor_version: &'static str,
    /// The checks, in the order of a client's way in.
    pub findings: Vec<Finding>,
}

impl Report {
    /// How many checks ended so.
    pub fn count(&self, status: Status) -> usize {
        self.findings.iter().filter(|finding| finding.status == status).count()
    }
}

/// A report that is being written.
pub(super) struct Reporting<'a> {
    report: Report,
    tell: &'a mut (dyn FnMut(Told<'_>) + Send),
}

impl<'a> Reporting<'a> {
    pub(super) fn new(target: &Target, tell: &'a mut (dyn FnMut(Told<'_>) + Send)) -> Self {
        let doctor_version = env!("CARGO_PKG_VERSION");
        Self { report: Report { url: target.mcp.clone(), doctor_version, findings: Vec::new() }, tell }
    }

    pub(super) fn waits_for(&mut self, what: &'static str) {
        (self.tell)(Told::Waiting(what));
    }

    /// Judges what was seen by each check of a table.
    pub(super) fn judge<S>(&mut self, checks: &[Check<S>], seen: &S) {
        for Check(name, judge) in checks {
            self.add(name, judge(seen));
        }
    }

    /// The same, if there was something to see; else each of them is skipped.
    pub(super) fn judge_if<S>(&mut self, checks: &[Check<S>], seen: Result<S, Trouble>) {
        match seen {
            Ok(seen) => self.judge(checks, &seen),
            Err(trouble) => {
                for Check(name, _) in checks {
                    self.add(name, Err(Trouble { status: Status::Skipped, ..trouble.clone() }));
                }
            }
        }
    }

    fn add(&mut self, check: &'static str, judgement: Judgement) {
        let mut finding = match judgement {
            Ok(saw) => Finding { check, status: Status::Ok, saw, mend: None },
            Err(Trouble { status, saw, mend }) => Finding { check, status, saw, mend },
        };
        // It may quote the server, which could speak to the terminal.
        finding.saw.retain(|c| !c.is_control());
        (self.tell)(Told::Found(&finding));
        self.report.findings.push(finding);
    }

    pub(super) fn done(self) -> Report {
        self.report
    }
}

/// A check: its name, and how it judges what was seen.
pub(super) struct Check<S>(pub(super) &'static str, pub(super) fn(&S) -> Judgement);

/// What was seen, or what is wrong with it.
pub(super) type Judgement = Result<String, Trouble>;

/// What is wrong.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    status: Status,
    saw: String,
    mend: Option<String>,
}

impl Trouble {
    pub(super) fn fail(saw: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { status: Status::Fail, saw: saw.into(), mend: Some(mend.into()) }
    }

    pub(super) fn warn(saw: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { status: Status::Warn, saw: saw.into(), mend: Some(mend.into()) }
    }

    pub(super) fn skipped(why: impl Into<String>) -> Self {
        Self { status: Status::Skipped, saw: why.into(), mend: None }
    }

    /// Skipped, and how to have it done.
    pub(super) fn skipped_unless(why: impl Into<String>, enable: impl Into<String>) -> Self {
        Self { status: Status::Skipped, saw: why.into(), mend: Some(enable.into()) }
    }

    /// The same, and what it happened with.
    pub(super) fn about(self, what: &str) -> Self {
        Self { saw: format!("{what}: {}", self.saw), ..self }
    }

    pub(super) fn saw(&self) -> &str {
        &self.saw
    }

    /// The same, for a check that is about something else.
    pub(super) fn as_skipped(&self) -> Self {
        Self { status: Status::Skipped, saw: format!("not reached: {}", self.saw), mend: None }
    }
}

/// What an earlier step kept is looked at by several checks.
impl From<&Trouble> for Trouble {
    fn from(trouble: &Trouble) -> Self {
        trouble.clone()
    }
}
