//! Commit subjects: `area: verb …`, imperative, at most 72 characters.

use std::{error::Error, process::Command};

use crate::{report::CheckReport, source::Repository};

const LONGEST: usize = 72;

/// The number of commits that are checked if the repository has no tag.
const WITHOUT_TAG: usize = 20;

/// Words that end like a past tense or a participle and are verbs in the imperative.
const IMPERATIVE: [&str; 9] = ["bring", "embed", "exceed", "feed", "need", "ring", "seed", "speed", "string"];

pub(crate) fn check(repository: &Repository, since: Option<&str>) -> Result<CheckReport, Box<dyn Error>> {
    let range = match since {
        Some(since) => vec![format!("{since}..HEAD")],
        None => match git(repository, &["describe", "--tags", "--abbrev=0"]) {
            Ok(tag) => vec![format!("{}..HEAD", tag.trim())],
            Err(_) => vec![format!("--max-count={WITHOUT_TAG}"), "HEAD".into()],
        },
    };
    let arguments = ["log", "--no-merges", "--format=%s"].into_iter().chain(range.iter().map(String::as_str));
    let subjects = git(repository, &arguments.collect::<Vec<_>>())?;
    let violations = subjects.lines().filter_map(|subject| fault(subject).map(|fault| format!("{fault}: {subject}")));
    Ok(CheckReport { violations: violations.collect(), ..CheckReport::default() })
}

fn git(repository: &Repository, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let output = Command::new("git").arg("-C").arg(&repository.root).args(arguments).output()?;
    if !output.status.success() {
        return Err(format!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The first rule that a subject breaks.
fn fault(subject: &str) -> Option<&'static str> {
    let Some((area, summary)) = subject.split_once(": ") else { return Some("no area before the verb") };
    let is_area = |part: &str| !part.is_empty() && part.chars().all(|part| part.is_ascii_lowercase() || part == '-');
    let verb = summary.split(' ').next().unwrap_or_default();
    let inflected = ["ed", "ing"].iter().any(|ending| verb.ends_with(ending)) && !IMPERATIVE.contains(&verb);
    if subject.chars().count() > LONGEST {
        Some("longer than 72 characters")
    } else if !area.split(", ").all(is_area) {
        Some("the area is not in lower case")
    } else if verb.is_empty() || !verb.chars().all(|part| part.is_ascii_lowercase() || part == '-') || inflected {
        Some("no imperative verb after the area")
    } else if subject.ends_with('.') {
        Some("ends with a full stop")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_name_an_area_and_a_verb() {
        for subject in
            ["token: reject duplicate parameters", "auth, store: embed grants", "memory-service: add a cache"]
        {
            assert_eq!(fault(subject), None, "{subject}");
        }
        for (subject, expected) in [
            ("wip", "no area before the verb"),
            ("Token: reject duplicates", "the area is not in lower case"),
            ("token: rejected duplicates", "no imperative verb after the area"),
            ("token: Reject duplicates", "no imperative verb after the area"),
            ("token: reject duplicates.", "ends with a full stop"),
            (&format!("token: reject {}", "x".repeat(60)), "longer than 72 characters"),
        ] {
            assert_eq!(fault(subject), Some(expected), "{subject}");
        }
    }
}
