//! The report of an import at the terminal.

use std::fmt::Display;

use jean_import::Report;
use jean_memory::Restored;

use crate::terminal::print;

/// Places listed per reason.
const LISTED: usize = 20;
/// Characters shown of an example.
const EXAMPLE_CHARACTERS: usize = 200;

/// Prints memories, one per line.
pub(super) fn print_examples<'a>(memories: impl Iterator<Item = &'a Restored>) {
    for memory in memories {
        let memory = memory.memory();
        let line: String = memory.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let text: String = line.chars().take(EXAMPLE_CHARACTERS).collect();
        let cut = if text.len() < line.len() { " …" } else { "" };
        let tags = if memory.tags.is_empty() { String::new() } else { format!(" [{}]", memory.tags.join(", ")) };
        print(format_args!("Example: {} {text}{cut}{tags}", memory.created_at));
    }
}

/// Prints the summary, and a line for each reason and for the rest.
pub(super) fn print_report(email: impl Display, report: &Report, dry_run: bool) {
    let Report { format, added, already_there, skipped, .. } = report;
    let added = if dry_run { format!("{added} memories would be added") } else { format!("{added} memories added") };
    print(format_args!("{email}: {added}, {already_there} duplicates skipped, {} records skipped.", skipped.len()));
    match report.encoding {
        Some(encoding) => print(format_args!("Format: {format}, read as {encoding}.")),
        None => print(format_args!("Format: {format}.")),
    }
    for (reason, places) in report.by_reason() {
        print(format_args!("Skipped, {reason}: {} ({})", places.len(), listed(&places)));
    }
    if !report.dropped.is_empty() {
        let fields: Vec<_> = report.dropped.iter().map(|(field, count)| format!("{field} ({count})")).collect();
        print(format_args!("Dropped fields without a counterpart: {}.", fields.join(", ")));
    }
    if !report.unread.is_empty() {
        let example = "Write them like 2026-07-28 or 2026-07-28T09:30:00Z";
        print(format_args!("Times not understood and left out: {}. {example}.", listed(&report.unread)));
    }
    if !report.damaged.is_empty() {
        let damaged = listed(&report.damaged);
        print(format_args!("Invalid bytes, which became the character \u{fffd}: {damaged}. Check these memories."));
    }
    if report.has_more_pages {
        print("The file is one of several pages of a list. Export and import the others, too.");
    }
}

/// The first places or times, and the number of the others.
fn listed<T: Display>(entries: &[T]) -> String {
    let mut listed: Vec<_> = entries.iter().take(LISTED).map(ToString::to_string).collect();
    if entries.len() > LISTED {
        listed.push(format!("and {} more", entries.len() - LISTED));
    }
    listed.join("; ")
}
