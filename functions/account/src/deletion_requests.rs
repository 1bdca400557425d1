//! Requests of apps to delete all memories, shown on the overview until the user confirms or refuses them (SR-13).

use askama::Template;
use axum::response::Response;
use jean_memory_service::DeletionRequest;
use jean_pages::{Markup, SameOriginForm, Texts, dates, page::redirect};

use crate::{app_names::AppNames, error::AccountError, paths, view::View};

/// The requests as a part of the overview.
#[derive(Template)]
#[template(path = "deletion_requests.html")]
pub(crate) struct DeletionRequestList {
    texts: Texts,
    token: String,
    requests: Vec<DeletionRequest>,
    names: AppNames,
}

impl DeletionRequestList {
    pub(crate) async fn load(view: View<'_>, names: AppNames) -> Result<Self, AccountError> {
        let requests = view.app.service.deletion_requests(&view.signed_in.user.user_id).await?;
        Ok(Self { texts: view.texts(), token: view.token(paths::OVERVIEW), requests, names })
    }

    fn description(&self, request: &DeletionRequest) -> Markup {
        let (app, until) = (self.names.writer(&request.by), dates::minute(request.expires_at()));
        if request.is_limited() {
            self.texts.deletion_of_own_requested(app, request.memories, until)
        } else {
            self.texts.deletion_requested(app, request.memories, until)
        }
    }
}

/// Confirms or refuses the request that the form names. `None` if it names none. A request that is no longer pending is
/// answered in the same way, since a form can be sent twice.
pub(crate) async fn answer(view: View<'_>, fields: &SameOriginForm) -> Result<Option<Response>, AccountError> {
    let (confirmed, refused) = (fields.field("confirm"), fields.field("refuse"));
    if confirmed.is_empty() && refused.is_empty() {
        return Ok(None);
    }
    let (service, user_id) = (&view.app.service, &view.signed_in.user.user_id);
    for request in service.deletion_requests(user_id).await? {
        let stamp = request.stamp.to_string();
        if stamp == confirmed {
            let done = service.confirm_deletion(user_id, &request).await?;
            tracing::info!(event = jean_runtime::event::TRASH, %user_id, done, memories = request.memories, "deletion of all confirmed");
        } else if stamp == refused {
            let done = service.refuse_deletion(user_id, &request).await?;
            tracing::info!(event = jean_runtime::event::TRASH, %user_id, done, "deletion of all refused");
        }
    }
    Ok(Some(redirect(if confirmed.is_empty() { paths::OVERVIEW } else { paths::TRASH })))
}
