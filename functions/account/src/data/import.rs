//! The import on `/account/data`: a file or a pasted list.

use axum::response::Response;
use jean_import::{Options, Refusal, Source};
use jean_memory_service::Completion;
use jean_pages::{FieldProblem, Language};

use super::{
    Shown,
    outcome::{ImportOutcome, problem},
    page,
};
use crate::{
    account_form::Upload,
    app::App,
    error::AccountError,
    memories::{display, memory_form},
    view::View,
};

/// Maximum length of a user's id that the page offers, in bytes.
const USER_BYTES: usize = 255;
/// Maximum size of a file in bytes, unpacked. JSON takes several times its size in memory.
const UNPACKED_BYTES: usize = 16_000_000;

/// `POST /account/data`: imports a file or a list. Duplicates are skipped, so importing a file again continues an
/// unfinished import. Each batch reads only the memories with the same ids and texts.
pub(crate) async fn import(app: App, language: Language, upload: Upload) -> Result<Response, AccountError> {
    let Upload { signed_in, file, file_name, user_id, is_list } = upload;
    let view = View::new(&app, language, &signed_in);
    let texts = view.texts();
    // The list of a rejected or unfinished import is shown again.
    let list = || is_list.then(|| String::from_utf8_lossy(&file).into_owned()).filter(|list| display::fits(list));
    let options = Options { now: app.now(), user_id: user_id.as_deref(), max_bytes: UNPACKED_BYTES, is_list };
    let mut import = match jean_import::read(&[Source { name: &file_name, bytes: &file }], &options) {
        Ok(import) => import,
        Err(refusal) => {
            let text = match &refusal {
                // A browser sends an empty file if the user has chosen none.
                _ if file.is_empty() && !is_list => texts.file_missing().into(),
                Refusal::Empty if is_list => texts.list_empty().into(),
                refusal => problem(texts, refusal),
            };
            let problem = FieldProblem::at(if is_list { "list" } else { "file" }, text);
            let (users, list) = (offered_users(refusal), list().unwrap_or_default());
            return page(view, Shown { problem, users, list, ..Shown::default() }).await;
        }
    };
    let siblings = import.remove_repeats();
    let (memories, mut report, scope) = (import.memories, import.report, signed_in.access_scope());
    let (imported, completion) = app.service.import_all(&scope, &memories, &siblings, app.time_limit(), |_| {}).await?;
    report.added += imported.added;
    report.already_there += imported.already_there;
    report.refused += imported.refused;
    tracing::info!(event = jean_runtime::event::IMPORT, user_id = %signed_in.user.user_id, added = report.added, "imported");
    let full = imported.reached.map(|reached| memory_form::full(texts, reached));
    let list = list().filter(|_| completion == Completion::OutOfTime || full.is_some()).unwrap_or_default();
    let outcome = Some(ImportOutcome { report, completion, full });
    page(view, Shown { outcome, list, ..Shown::default() }).await
}

/// The users in a file, of which one has to be chosen.
fn offered_users(refusal: Refusal) -> Vec<String> {
    let mut users = match refusal {
        Refusal::SeveralUsers { users } | Refusal::UnknownUser { users, .. } => users,
        _ => vec![],
    };
    users.retain(|user| user.len() <= USER_BYTES);
    users
}
