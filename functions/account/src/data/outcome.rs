//! The outcome of an import, in words.

use jean_import::{RecordPlace, Refusal, Report, SkipReason, UnreadTime};
use jean_memory_service::Completion;
use jean_pages::Texts;

use crate::memories::display::beginning;

/// Number of places and dropped fields listed individually.
const LISTED: usize = 20;
/// Length of the name of a field or a file, in characters.
const NAME_CHARACTERS: usize = 60;

/// The outcome of an import.
pub(crate) struct ImportOutcome {
    pub(super) report: Report,
    pub(super) completion: Completion,
    /// The quota that the file exceeds, in words.
    pub(super) full: Option<String>,
}

impl ImportOutcome {
    /// The skipped records: reason, number and places.
    pub(super) fn skipped(&self, texts: Texts) -> Vec<(&'static str, usize, String)> {
        let reasons = self.report.by_reason().into_iter();
        let listed = |places: &[&RecordPlace]| listed(texts, places, |at| place(texts, at), "; ");
        reasons.map(|(reason, places)| (self::reason(texts, reason), places.len(), listed(&places))).collect()
    }

    /// The times that were not understood: place, field and value.
    pub(super) fn unread(&self, texts: Texts) -> String {
        let time = |time: &UnreadTime| {
            format!("{}, {} \"{}\"", place(texts, &time.place), beginning(&time.field, NAME_CHARACTERS), time.value)
        };
        listed(texts, &self.report.unread, time, "; ")
    }

    /// The lines with invalid bytes.
    pub(super) fn damaged(&self, texts: Texts) -> String {
        listed(texts, &self.report.damaged, |at| place(texts, at), "; ")
    }

    /// The dropped fields, with their numbers.
    pub(super) fn dropped(&self, texts: Texts) -> String {
        let fields: Vec<_> = self.report.dropped.iter().collect();
        let field = |(field, count): &(&String, &usize)| format!("{} ({count})", beginning(field, NAME_CHARACTERS));
        listed(texts, &fields, field, ", ")
    }
}

/// The first entries, and the number of the others.
fn listed<T>(texts: Texts, entries: &[T], shown: impl Fn(&T) -> String, separator: &str) -> String {
    let mut listed: Vec<_> = entries.iter().take(LISTED).map(shown).collect();
    if entries.len() > LISTED {
        listed.push(texts.more_skipped(entries.len() - LISTED));
    }
    listed.join(separator)
}

fn place(texts: Texts, RecordPlace { file, line, record }: &RecordPlace) -> String {
    let at = match record {
        Some(record) => texts.place_record(line, record),
        None => texts.place_line(line),
    };
    match file.as_ref().map(|file| beginning(file, NAME_CHARACTERS)) {
        Some(file) if *line == 0 => file,
        Some(file) => format!("{file}: {at}"),
        None => at,
    }
}

fn reason(texts: Texts, reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::Deleted => texts.skipped_deleted(),
        SkipReason::Forgotten => texts.skipped_forgotten(),
        SkipReason::Archived => texts.skipped_archived(),
        SkipReason::Expired => texts.skipped_expired(),
        SkipReason::Superseded => texts.skipped_superseded(),
        SkipReason::OtherUser => texts.skipped_other_user(),
        SkipReason::NoUser => texts.skipped_no_user(),
        SkipReason::Syntax => texts.skipped_syntax(),
        SkipReason::Range => texts.skipped_number(),
        SkipReason::Depth => texts.skipped_depth(),
        SkipReason::Quote => texts.skipped_quote(),
        SkipReason::Unrecognised => texts.skipped_unrecognised(),
        SkipReason::NotAnItem => texts.skipped_not_an_item(),
        SkipReason::Unreadable => texts.skipped_unreadable(),
        SkipReason::NotRegular => texts.skipped_not_regular(),
        SkipReason::NotMemories => texts.skipped_file(),
        SkipReason::Future => texts.skipped_future(),
        SkipReason::SameId => texts.skipped_same_id(),
        SkipReason::Empty => texts.skipped_text_empty(),
        SkipReason::TooLong => texts.skipped_text_too_long(),
        SkipReason::Invalid => texts.skipped_invalid(),
    }
}

pub(super) fn problem(texts: Texts, refusal: &Refusal) -> String {
    match refusal {
        Refusal::Empty => texts.file_empty().into(),
        Refusal::Binary => texts.file_binary().into(),
        Refusal::Encoding => texts.file_encoding_unknown().into(),
        Refusal::Archive(_) => texts.file_archive_broken().into(),
        Refusal::TooLarge { .. } | Refusal::TooManyRecords { .. } => texts.file_too_large().into(),
        Refusal::Json { line, column, .. } => texts.file_not_json(line, column),
        Refusal::ChatLog { seen } => texts.file_chat_log(seen),
        Refusal::WebPages { seen } => texts.file_web_pages(seen),
        Refusal::Unknown { seen } => texts.file_format_unknown(seen),
        Refusal::Ambiguous { formats } => texts.file_ambiguous(formats),
        Refusal::SeveralUsers { .. } => texts.file_of_several_users().into(),
        Refusal::UnknownUser { .. } => texts.file_user_unknown().into(),
    }
}

#[cfg(test)]
mod tests {
    use jean_pages::Language;

    use super::*;

    /// TO-32
    #[test]
    fn number_of_unlisted_fields_is_told() {
        let dropped = (10..10 + LISTED + 2).map(|number| (format!("field {number}"), 1)).collect();
        let report = Report { dropped, ..Report::default() };
        let outcome = ImportOutcome { report, completion: Completion::Finished, full: None };
        let dropped = outcome.dropped(Texts::of(Language::En));
        assert!(dropped.starts_with("field 10 (1), ") && dropped.ends_with("field 29 (1), and 2 more"), "{dropped}");
    }
}
