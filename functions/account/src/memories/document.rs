//! `/account/memories/{id}?document=whole`: a document with all its parts in order.

use askama::Template;
use axum::response::Response;
use jean_memory::{Memory, Piece};
use jean_pages::{Markup, Texts, account::Section};
use jiff::Timestamp;

use super::display;
use crate::{app_names::AppNames, error::AccountError, paths, view::View};

#[derive(Template)]
#[template(path = "document.html")]
struct DocumentPage<'a> {
    texts: Texts,
    /// The page of the document's first part, to which the form is sent.
    path: String,
    token: String,
    document: &'a Piece,
    /// The remaining parts.
    parts: &'a [Memory],
    names: AppNames,
    now: Timestamp,
}

impl DocumentPage<'_> {
    fn provenance(&self) -> Option<Markup> {
        let first = self.parts.first()?;
        Some(display::provenance(self.texts, &self.names, first, self.now))
    }

    fn first(&self) -> Option<&Memory> {
        self.parts.first()
    }

    fn number(&self, part: &Memory) -> u32 {
        part.document.as_ref().map_or(1, |piece| piece.part)
    }

    /// The number of parts that were deleted.
    fn missing(&self) -> u32 {
        self.document.parts.saturating_sub(u32::try_from(self.parts.len()).unwrap_or(u32::MAX))
    }
}

/// Shows the document of a part, or of this id. Reads its parts only.
pub(super) async fn show(view: View<'_>, id: &str) -> Result<Response, AccountError> {
    let id = id.parse().map_err(|_| AccountError::UnknownMemory)?;
    let mut parts = view.app.service.document(&view.signed_in.access_scope(), id).await?;
    display::shorten_to_fit(&mut parts);
    let document = parts.first().and_then(|part| part.document.as_ref()).ok_or(AccountError::UnknownMemory)?;
    let path = paths::memory(document.id);
    let body = DocumentPage {
        texts: view.texts(),
        token: view.token(&path),
        path,
        document,
        parts: &parts,
        names: AppNames::load(view).await?,
        now: view.app.now(),
    };
    Ok(view.page(Section::Memories, view.texts().document(), &body))
}
