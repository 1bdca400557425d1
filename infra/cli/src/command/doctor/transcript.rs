//! The human-readable transcript of a diagnosis: the verdict, then the findings that need attention.

use std::fmt::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::{
    doctor::{Finding, Report, Status},
    terminal::without_controls,
};

/// The width of the transcript, in columns.
const COLUMNS: usize = 120;
/// The column at which the observation of a finding starts.
const OBSERVATION: usize = 42;

/// A report as text. With `verbose`, every check is listed.
pub(super) struct Transcript<'a> {
    pub(super) report: &'a Report,
    pub(super) verbose: bool,
}

impl fmt::Display for Transcript<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |status| self.report.count(status);
        let (warned, failed, skipped) = (count(Status::Warn), count(Status::Fail), count(Status::Skipped));
        let verdict = match (failed, warned, skipped) {
            (0, 0, 0) => "Clients can connect to",
            (0, 0, _) => "No problem was found; some checks were skipped:",
            (0, ..) => "Some clients may have problems with",
            _ => "Clients cannot connect reliably to",
        };
        writeln!(f, "{verdict} {}", self.report.url)?;
        write!(f, "{} ok, {warned} warnings, {failed} failed, {skipped} skipped.", count(Status::Ok))?;
        f.write_str(if failed > 1 { " Fix the first failure first: others may follow from it.\n" } else { "\n" })?;
        if !self.verbose {
            f.write_str("Use --verbose to list every check.\n")?;
        }
        let mut last_fix = None;
        let mut stage = "";
        for finding in &self.report.findings {
            let is_new_fix = finding.fix.is_some() && finding.fix != last_fix;
            // Skipped checks usually share one reason, so only the first is shown.
            let is_shown = match finding.status {
                Status::Warn | Status::Fail => true,
                Status::Skipped => self.verbose || is_new_fix,
                Status::Ok => self.verbose,
            };
            if !is_shown {
                continue;
            }
            let of = finding.check.split('.').next().unwrap_or_default();
            if of != stage {
                f.write_char('\n')?;
                stage = of;
            }
            writeln!(f, "{}", Line(finding))?;
            // A fix shared by consecutive findings is shown once.
            if let Some(fix) = finding.fix.as_ref().filter(|_| is_new_fix) {
                writeln!(f, "{:8}→ {}", "", wrapped(fix, 10))?;
                last_fix = Some(fix.clone());
            }
        }
        Ok(())
    }
}

/// A finding without its fix.
struct Line<'a>(&'a Finding);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { check, status, observed, .. } = self.0;
        let (word, colour) = match status {
            Status::Ok => ("ok", AnsiColor::Green.on_default()),
            Status::Warn => ("warn", AnsiColor::Yellow.on_default()),
            Status::Fail => ("FAIL", AnsiColor::Red.on_default().bold()),
            Status::Skipped => ("skipped", Style::new().dimmed()),
        };
        write!(f, "{colour}{word:<8}{colour:#}{check:<34}{}", wrapped(observed, OBSERVATION))
    }
}

/// Breaks a sentence, which may quote the server, into lines of at most [`COLUMNS`], with all but the first indented.
fn wrapped(sentence: &str, indent: usize) -> String {
    let (mut lines, mut column) = (String::new(), indent);
    for word in without_controls(sentence).split(' ') {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn report(findings: Vec<Finding>) -> Report {
        Report { url: "https://memory.example/mcp".into(), doctor_version: "1.0.0", findings }
    }

    fn finding(check: &'static str, status: Status, fix: Option<&str>) -> Finding {
        Finding { check, status, observed: format!("observed by {check}"), fix: fix.map(Into::into) }
    }

    #[test]
    fn healthy_server_is_three_lines_and_verbose_lists_every_check() {
        let report = report(vec![finding("a.b", Status::Ok, None), finding("a.c", Status::Ok, None)]);
        let text = Transcript { report: &report, verbose: false }.to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "Clients can connect to https://memory.example/mcp");
        assert_eq!(lines[1], "2 ok, 0 warnings, 0 failed, 0 skipped.");
        assert_eq!(lines.len(), 3);
        let text = Transcript { report: &report, verbose: true }.to_string();
        assert!(text.contains("observed by a.b") && text.contains("observed by a.c"), "{text}");
    }

    #[test]
    fn problems_are_shown_with_their_fix() {
        let findings = vec![
            finding("a.ok", Status::Ok, None),
            finding("a.fail", Status::Fail, Some("repair it")),
            finding("a.warn", Status::Warn, Some("repair it")),
            finding("b.skipped", Status::Skipped, Some("use --email")),
            finding("b.same", Status::Skipped, Some("use --email")),
        ];
        let text = Transcript { report: &report(findings), verbose: false }.to_string();
        assert!(!text.contains("a.ok") && text.contains("a.fail") && text.contains("a.warn"), "{text}");
        assert!(text.contains("b.skipped") && !text.contains("b.same"), "{text}");
        assert_eq!((text.matches("repair it").count(), text.matches("use --email").count()), (1, 1), "{text}");
    }

    #[test]
    fn long_sentences_are_wrapped_without_losing_a_word() {
        let sentence = "a sentence of many words ".repeat(20);
        let lines = wrapped(sentence.trim(), 42);
        assert!(lines.lines().count() > 4);
        assert!(
            lines.lines().skip(1).all(|line| line.len() <= COLUMNS && line.starts_with(&" ".repeat(42))),
            "{lines}"
        );
        assert_eq!(lines.split_whitespace().collect::<Vec<_>>(), sentence.split_whitespace().collect::<Vec<_>>());
        let word = "x".repeat(300);
        assert_eq!(wrapped(&word, 10), word, "a single long word is not broken");
    }
}
