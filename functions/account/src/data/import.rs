//! The import on `/account/data`: a file or a pasted list, and the report.

use axum::response::Response;
use jean_import::{Existing, Options, Place, Refusal, Report, SkipReason, Source};
use jean_pages::{Language, Texts};

use super::{Shown, for_each, page};
use crate::{account_form::Upload, app::App, error::AccountError, view::View};

/// Number of memories imported between checks of the time limit.
const BATCH: usize = 490;
/// Number of places and dropped fields listed individually.
const LISTED: usize = 20;
/// Maximum size of a file in bytes, unpacked. JSON takes several times its size in memory.
const UNPACKED_BYTES: usize = 16_000_000;

/// The outcome of an import.
pub(super) struct ImportOutcome {
    pub(super) report: Report,
    /// `true` if the time limit was reached before the end of the file.
    pub(super) unfinished: bool,
}

impl ImportOutcome {
    /// The skipped records: reason, number and places.
    pub(super) fn skipped(&self, texts: Texts) -> Vec<(&'static str, usize, String)> {
        let reasons = self.report.by_reason().into_iter();
        reasons
            .map(|(reason, places)| {
                let mut listed: Vec<_> = places.iter().take(LISTED).map(|at| place(texts, at)).collect();
                if places.len() > LISTED {
                    listed.push(texts.more_skipped(places.len() - LISTED));
                }
                (self::reason(texts, reason), places.len(), listed.join("; "))
            })
            .collect()
    }

    /// The dropped fields, with their numbers.
    pub(super) fn dropped(&self) -> String {
        let fields = self.report.dropped.iter().take(LISTED).map(|(field, count)| format!("{field} ({count})"));
        fields.collect::<Vec<_>>().join(", ")
    }
}

/// `POST /account/data`: imports a file or a list. Duplicates are skipped, so importing a file again continues an
/// unfinished import.
pub(crate) async fn import(app: App, language: Language, upload: Upload) -> Result<Response, AccountError> {
    let Upload { signed_in, file, file_name, user_id, is_list } = upload;
    let view = View::new(&app, language, &signed_in);
    let texts = view.texts();
    let options = Options { now: app.now(), user_id: user_id.as_deref(), max_bytes: UNPACKED_BYTES, is_list };
    let mut import = match jean_import::read(&[Source { name: &file_name, bytes: &file }], &options) {
        Ok(import) => import,
        Err(refusal) => {
            let problem = problem(texts, &refusal);
            let users = match refusal {
                Refusal::SeveralUsers { users } | Refusal::UnknownUser { users, .. } => users,
                _ => vec![],
            };
            return page(view, Shown { problem, users, ..Shown::default() }).await;
        }
    };
    let mut existing = Existing::default();
    for_each(&app, &signed_in, None, None, |memory| existing.insert(memory)).await?;
    existing.remove_from(&mut import);
    let (mut report, has_time, mut unfinished) = (import.report, app.time_limit(), false);
    for batch in import.memories.chunks(BATCH) {
        if !has_time() {
            unfinished = true;
            break;
        }
        let imported = app.service.import(&signed_in.access_scope(), batch.to_vec()).await?;
        report.added += imported.added;
        report.already_there += imported.already_there;
    }
    tracing::info!(event = jean_runtime::event::IMPORT, user_id = %signed_in.user.user_id, added = report.added, "imported");
    page(view, Shown { outcome: Some(ImportOutcome { report, unfinished }), ..Shown::default() }).await
}

fn place(texts: Texts, Place { file, line, record }: &Place) -> String {
    let at = match record {
        Some(record) => texts.place_record(line, record),
        None => texts.place_line(line),
    };
    match file {
        Some(file) if *line == 0 => file.clone(),
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
        SkipReason::Syntax => texts.skipped_syntax(),
        SkipReason::Unrecognised => texts.skipped_unrecognised(),
        SkipReason::NotAnItem => texts.skipped_not_an_item(),
        SkipReason::NotMemories => texts.skipped_file(),
        SkipReason::Future => texts.skipped_future(),
        SkipReason::Empty => texts.skipped_text_empty(),
        SkipReason::TooLong => texts.skipped_text_too_long(),
        SkipReason::Invalid => texts.skipped_invalid(),
    }
}

fn problem(texts: Texts, refusal: &Refusal) -> String {
    match refusal {
        Refusal::Empty => texts.file_empty().into(),
        Refusal::Binary => texts.file_binary().into(),
        Refusal::Archive(_) => texts.file_archive_broken().into(),
        Refusal::TooLarge { .. } => texts.file_too_large().into(),
        Refusal::Json { line, column, .. } => texts.file_not_json(line, column),
        Refusal::ChatLog { seen } => texts.file_chat_log(seen),
        Refusal::WebPages { seen } => texts.file_web_pages(seen),
        Refusal::Unknown { seen } => texts.file_format_unknown(seen),
        Refusal::Ambiguous { formats } => texts.file_ambiguous(formats),
        Refusal::SeveralUsers { .. } => texts.file_of_several_users().into(),
        Refusal::UnknownUser { .. } => texts.file_user_unknown().into(),
    }
}
