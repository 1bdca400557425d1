//! Findings, and the report they are collected in.

use serde::Serialize;

use super::target::Target;

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Clients work with it.
    Ok,
    /// The check could not be run.
    Skipped,
    /// Some clients have problems, or the check is inconclusive from outside.
    Warn,
    /// Clients fail.
    Fail,
}

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The stable name: stage, dot, check, e.g. `discovery.issuer`.
    pub check: &'static str,
    /// The result.
    pub status: Status,
    /// The observation, in one line.
    pub observed: String,
    /// How to fix the problem or enable the check, if action is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// Progress of an examination.
pub enum Progress<'a> {
    /// The examination waits for these responses.
    Waiting(&'static str),
    /// A check is done.
    Found(&'a Finding),
}

/// The outcome of all checks.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The examined URL, as users paste it.
    pub url: String,
    /// The version of this program.
    pub doctor_version: &'static str,
    /// The findings, in the order of the connection flow.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Returns the number of checks with this result.
    pub fn count(&self, status: Status) -> usize {
        self.findings.iter().filter(|finding| finding.status == status).count()
    }

    /// `true` if the examination has signed in to the account.
    pub fn has_signed_in(&self) -> bool {
        self.findings.iter().any(|finding| finding.check == "sign-in.password" && finding.status == Status::Ok)
    }
}

/// Collects findings and passes them on as progress.
pub(super) struct Reporter<'a> {
    report: Report,
    on_progress: &'a mut (dyn FnMut(Progress<'_>) + Send),
}

impl<'a> Reporter<'a> {
    pub(super) fn new(target: &Target, on_progress: &'a mut (dyn FnMut(Progress<'_>) + Send)) -> Self {
        let doctor_version = env!("CARGO_PKG_VERSION");
        Self { report: Report { url: target.mcp.clone(), doctor_version, findings: Vec::new() }, on_progress }
    }

    pub(super) fn waits_for(&mut self, what: &'static str) {
        (self.on_progress)(Progress::Waiting(what));
    }

    /// Applies each check of a table to an observation.
    pub(super) fn judge<S>(&mut self, checks: &[Check<S>], seen: &S) {
        for Check(name, judge) in checks {
            self.add(name, judge(seen));
        }
    }

    /// Applies the checks if the stage was reached; skips each of them otherwise.
    pub(super) fn judge_if<S>(&mut self, checks: &[Check<S>], seen: Result<S, Problem>) {
        match seen {
            Ok(seen) => self.judge(checks, &seen),
            Err(problem) => self.skip(checks, &problem),
        }
    }

    /// Skips each check of a table because of a problem.
    pub(super) fn skip<S>(&mut self, checks: &[Check<S>], problem: &Problem) {
        for Check(name, _) in checks {
            self.add(name, Err(Problem { status: Status::Skipped, ..problem.clone() }));
        }
    }

    fn add(&mut self, check: &'static str, judgement: Judgement) {
        let mut finding = match judgement {
            Ok(observed) => Finding { check, status: Status::Ok, observed, fix: None },
            Err(Problem { status, observed, fix }) => Finding { check, status, observed, fix },
        };
        // The observation can quote the server, which could send control sequences to the terminal.
        finding.observed.retain(|c| !c.is_control());
        (self.on_progress)(Progress::Found(&finding));
        self.report.findings.push(finding);
    }

    pub(super) fn done(self) -> Report {
        self.report
    }
}

/// A check: its name and its judgement of an observation.
pub(super) struct Check<S>(pub(super) &'static str, pub(super) fn(&S) -> Judgement);

/// A sentence about a healthy observation, or the problem.
pub(super) type Judgement = Result<String, Problem>;

/// A problem and how to fix it.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    status: Status,
    observed: String,
    fix: Option<String>,
}

impl Problem {
    pub(super) fn fail(observed: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { status: Status::Fail, observed: observed.into(), fix: Some(fix.into()) }
    }

    pub(super) fn warn(observed: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { status: Status::Warn, observed: observed.into(), fix: Some(fix.into()) }
    }

    pub(super) fn skipped(why: impl Into<String>) -> Self {
        Self { status: Status::Skipped, observed: why.into(), fix: None }
    }

    /// A skipped check, and how to enable it.
    pub(super) fn skipped_unless(why: impl Into<String>, enable: impl Into<String>) -> Self {
        Self { status: Status::Skipped, observed: why.into(), fix: Some(enable.into()) }
    }

    /// Prefixes the observation with its subject.
    pub(super) fn about(self, what: &str) -> Self {
        Self { observed: format!("{what}: {}", self.observed), ..self }
    }

    pub(super) fn observed(&self) -> &str {
        &self.observed
    }

    /// The same problem as the reason to skip another check.
    pub(super) fn as_skipped(&self) -> Self {
        Self { status: Status::Skipped, observed: format!("not reached: {}", self.observed), fix: None }
    }
}

/// Lets `?` borrow a problem that several checks share.
impl From<&Problem> for Problem {
    fn from(problem: &Problem) -> Self {
        problem.clone()
    }
}
