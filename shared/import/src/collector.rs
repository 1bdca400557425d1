//! Collects the memories and the report of an import while a format reads its records.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use jean_memory::Restored;
use jiff::Timestamp;

use crate::{
    draft::Draft,
    encoding::Decoded,
    options::{Import, Options},
    refusal::Refusal,
    report::{RecordPlace, Report, SkipReason, Skipped, UnreadTime},
};

/// Users listed in a refusal.
const MAX_USERS: usize = 20;

/// The records read so far.
#[derive(Debug)]
pub(crate) struct Collector<'a> {
    pub(crate) now: Timestamp,
    /// `true` if each line of a text is a memory.
    pub(crate) is_list: bool,
    user_id: Option<&'a str>,
    format: &'static str,
    writer: Option<&'static str>,
    file: Option<Arc<str>>,
    max_records: usize,
    /// `true` if there were more than `max_records`, which are not kept.
    is_full: bool,
    read: Vec<Read>,
    report: Report,
}

/// A memory and the user that it belongs to.
#[derive(Debug)]
struct Read {
    place: RecordPlace,
    user: Option<String>,
    memory: Restored,
    dropped: Vec<String>,
    unread: Vec<(String, String)>,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(format: &'static str, writer: Option<&'static str>, options: &Options<'a>) -> Self {
        let report = Report { format, ..Report::default() };
        Self {
            now: options.now,
            is_list: options.is_list,
            user_id: options.user_id,
            format,
            writer,
            file: None,
            max_records: options.max_records(),
            is_full: false,
            read: vec![],
            report,
        }
    }

    /// Sets the file of the following records.
    pub(crate) fn file(&mut self, name: &str) {
        self.file = Some(name.into());
    }

    /// Records the encoding of the file, and its lines with invalid bytes.
    pub(crate) fn encoding(&mut self, decoded: &Decoded<'_>) {
        self.report.encoding = self.report.encoding.or(decoded.encoding);
        for line in &decoded.damaged {
            let place = self.place(&RecordPlace { line: *line, ..RecordPlace::default() });
            self.report.damaged.push(place);
        }
    }

    /// Adds a record of another product, or the reason to leave it out.
    pub(crate) fn add(&mut self, place: &RecordPlace, draft: Result<Draft, SkipReason>) {
        let draft = draft.and_then(|mut draft| {
            draft.writer = draft.writer.or_else(|| self.writer.map(String::from));
            let (user, unread) = (draft.user.take(), std::mem::take(&mut draft.unread));
            let (memory, dropped) = draft.restored(self.format, self.now)?;
            Ok((user, memory, dropped, unread))
        });
        match draft {
            Ok((user, memory, dropped, unread)) => {
                let place = self.place(place);
                self.keep(Read { place, user, memory, dropped, unread });
            }
            Err(reason) => self.skip(place, reason),
        }
    }

    /// Adds a memory of this server.
    pub(crate) fn restored(&mut self, place: &RecordPlace, memory: Restored) {
        let place = self.place(place);
        self.keep(Read { place, user: None, memory, dropped: vec![], unread: vec![] });
    }

    fn keep(&mut self, read: Read) {
        if self.has_room() {
            self.read.push(read);
        }
    }

    /// Skips a record.
    pub(crate) fn skip(&mut self, place: &RecordPlace, reason: SkipReason) {
        if self.has_room() {
            let place = self.place(place);
            self.report.skipped.push(Skipped { place, reason });
        }
    }

    fn has_room(&mut self) -> bool {
        self.is_full |= self.count() >= self.max_records;
        !self.is_full
    }

    /// The number of records so far.
    pub(crate) fn count(&self) -> usize {
        self.read.len() + self.report.skipped.len()
    }

    /// Counts values that belong to no single memory.
    pub(crate) fn dropped(&mut self, field: &str, count: usize) {
        if count > 0 {
            *self.report.dropped.entry(field.to_owned()).or_default() += count;
        }
    }

    fn place(&self, place: &RecordPlace) -> RecordPlace {
        RecordPlace { file: self.file.clone(), ..place.clone() }
    }

    /// Returns the memories of the chosen user.
    ///
    /// # Errors
    /// [`Refusal`] if there are several users and none was chosen, there is no record, or there are too many.
    pub(crate) fn finish(self, has_more_pages: bool) -> Result<Import, Refusal> {
        let Self { user_id, read, mut report, max_records: records, is_full, .. } = self;
        if is_full {
            return Err(Refusal::TooManyRecords { records });
        }
        let is_empty = report.skipped.iter().all(|skipped| skipped.reason == SkipReason::NotMemories);
        if read.is_empty() && is_empty {
            return Err(Refusal::Empty);
        }
        check_user(&read, user_id)?;
        report.has_more_pages = has_more_pages;
        let mut memories: Vec<Restored> = Vec::with_capacity(read.len());
        let mut ids = HashMap::new();
        for Read { place, user, memory: restored, dropped, unread } in read {
            if user_id.is_some() && user.as_deref() != user_id {
                let reason = user.map_or(SkipReason::NoUser, |_| SkipReason::OtherUser);
                report.skipped.push(Skipped { place, reason });
                continue;
            }
            // One with the same text is a repetition, see `Import::remove_repeats`.
            let memory = restored.memory();
            let first = *ids.entry(memory.id).or_insert(memories.len());
            if memories.get(first).is_some_and(|first| first.memory().text != memory.text) {
                report.skipped.push(Skipped { place, reason: SkipReason::SameId });
                continue;
            }
            for field in dropped {
                *report.dropped.entry(field).or_default() += 1;
            }
            let unread = unread.into_iter().map(|(field, value)| UnreadTime::new(place.clone(), field, &value));
            report.unread.extend(unread);
            memories.push(restored);
        }
        Ok(Import { memories, report })
    }
}

/// Refuses records of several users if none was chosen, and those without the chosen one.
fn check_user(read: &[Read], chosen: Option<&str>) -> Result<(), Refusal> {
    let users: BTreeSet<&str> = read.iter().filter_map(|read| read.user.as_deref()).collect();
    let listed = || users.iter().take(MAX_USERS).map(|user| (*user).to_owned()).collect();
    match chosen {
        None if users.len() > 1 => Err(Refusal::SeveralUsers { users: listed() }),
        Some(chosen) if !read.is_empty() && !users.contains(chosen) => {
            Err(Refusal::UnknownUser { chosen: chosen.to_owned(), users: listed() })
        }
        _ => Ok(()),
    }
}
