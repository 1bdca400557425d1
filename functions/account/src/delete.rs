//! `/account/delete`: deletes the account and shows a receipt.

use askama::Template;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use http::StatusCode;
use jean_pages::{Language, Markup, Texts, account::Section, dates, page, session_cookie};
use jean_runtime::RequestId;
use jean_store::deletion::DeletionReport;
use jiff::Timestamp;

use crate::{account_form::AccountForm, app::App, error::AccountError, paths, signed_in::RecentUser, view::View};

#[derive(Template)]
#[template(path = "delete.html")]
struct DeletePage<'a> {
    texts: Texts,
    token: String,
    email: &'a str,
    typed: &'a str,
    problem: bool,
    /// The progress, if deletion needs another request.
    so_far: Option<DeletionReport>,
}

#[derive(Template)]
#[template(path = "receipt.html")]
struct ReceiptPage<'a> {
    texts: Texts,
    email: &'a str,
    at: Timestamp,
    deleted: DeletionReport,
    reference: String,
}

impl ReceiptPage<'_> {
    fn at(&self) -> Markup {
        dates::minute(self.at)
    }
}

/// `GET /account/delete`
pub(crate) async fn ask(app: App, language: Language, signed_in: RecentUser) -> Response {
    page(View::new(&app, language, &signed_in), "", false, None)
}

/// `POST /account/delete`
pub(crate) async fn delete(
    app: App,
    language: Language,
    cookies: CookieJar,
    form: AccountForm<RecentUser>,
) -> Result<Response, AccountError> {
    let AccountForm { signed_in, fields } = form;
    let view = View::new(&app, language, &signed_in);
    let typed = fields.field("email").trim();
    if typed.to_lowercase() != signed_in.user.email.key() {
        return Ok(page(view, typed, true, None));
    }
    let now = app.now();
    // The progress of previous requests. The fields are not trusted: 32-bit numbers cannot overflow the sums.
    let so_far = |name| fields.field(name).parse::<u32>().unwrap_or_default() as usize;
    let mut deleted = DeletionReport {
        memories: so_far("memories"),
        connections: so_far("connections"),
        api_keys: so_far("api_keys"),
        passkeys: so_far("passkeys"),
        identities: so_far("identities"),
        ..DeletionReport::default()
    };
    // An account with many memories takes several requests.
    let has_time = app.time_limit();
    if !app.deletion.run(&signed_in.user, &mut deleted, now, has_time).await? {
        return Ok(page(view, typed, false, Some(deleted)));
    }
    tracing::info!(event = jean_runtime::event::DELETION, user_id = %signed_in.user.user_id, memories = deleted.memories, "account deleted");
    let texts = view.texts();
    let receipt =
        ReceiptPage { texts, email: signed_in.user.email.as_str(), at: now, deleted, reference: RequestId::current() };
    let receipt = page::page(StatusCode::OK, language, &app.branding, texts.deleted_title(), &receipt);
    Ok((cookies.add(session_cookie::clear(app.public_url())), receipt).into_response())
}

fn page(view: View<'_>, typed: &str, problem: bool, so_far: Option<DeletionReport>) -> Response {
    let texts = view.texts();
    let email = view.signed_in.user.email.as_str();
    let body = DeletePage { texts, token: view.token(paths::DELETE), email, typed, problem, so_far };
    view.page(Section::Security, texts.delete_account(), &body)
}
