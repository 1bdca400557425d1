//! The account pages: connected apps, memories, and the security settings of the signed-in user.
//!
//! Users who are not signed in are redirected to functions/authorize, and return to the page afterwards. A form is sent to
//! the URL of its page and answered with a redirect, or with a page where sending it again is harmless. Every form is
//! bound to the session and to that URL (T-11, T-16); [`account_form`] is the only module that reads forms.
//!
//! | module | page |
//! |---|---|
//! | [`overview`], [`connect`], [`connection`], [`notifications`], [`deletion_requests`] | connected apps |
//! | [`memories`], [`timeline`], [`data`] | memories, trash, their timeline, export and import |
//! | [`security`], [`api_keys`], [`delete`] | sessions, API keys, account deletion |
//! | [`users`] | the accounts of all users, for owners |

mod account_form;
mod api_keys;
mod app;
mod app_names;
mod connect;
mod connection;
mod data;
mod delete;
mod deletion_requests;
mod error;
mod memories;
mod notifications;
mod overview;
mod page_query;
mod paths;
mod security;
mod settings;
mod signed_in;
mod timeline;
mod users;
mod view;

use axum::{Router, extract::DefaultBodyLimit, middleware, routing::get};
use jean_pages::page;
use jean_runtime::{Platform, StartError};

use crate::{app::AppState, settings::Settings};

/// Size limit of a form with a file, in bytes. Lambda's limit for a request is 6 MB, in which base64 makes the file a
/// third longer.
const UPLOAD_BYTES: usize = 4_500_000;

/// The function's routes.
///
/// # Errors
/// [`StartError`] if a setting is missing or invalid, or a secret is weak or cannot be loaded.
pub async fn router(platform: &Platform) -> Result<Router, StartError> {
    let settings = Settings::from_env(&platform.environment)?;
    let public_url = settings.public_url.clone();
    let app = AppState::start(platform, settings).await?;
    Ok(Router::new()
        .route("/account", get(overview::show).post(overview::change))
        .route("/account/notices", get(notifications::back).post(notifications::dismiss))
        .route("/account/security", get(security::show).post(security::end))
        .route("/account/users", get(users::show).post(users::invitation::invite))
        .route("/account/users/{id}", get(users::user::show).post(users::user::change))
        .route("/account/connect", get(connect::show))
        .route("/account/connections/{id}", get(connection::show).post(connection::change))
        .route("/account/memories", get(memories::show).post(memories::change))
        .route("/account/memories/{id}", get(memories::memory::show).post(memories::memory::change))
        .route("/account/timeline", get(timeline::show))
        .route("/account/trash", get(memories::trash::show).post(memories::trash::change))
        .route("/account/data", get(data::show).post(data::import).layer(DefaultBodyLimit::max(UPLOAD_BYTES)))
        .route("/account/data/export", get(data::export))
        .route("/account/keys", get(api_keys::show).post(api_keys::change))
        .route("/account/delete", get(delete::ask).post(delete::delete))
        .layer(middleware::map_response_with_state(app.branding.clone(), page::with_messages))
        .with_state(app)
        .layer(middleware::map_response_with_state(public_url, jean_runtime::finish_response))
        .layer(middleware::from_fn(jean_runtime::trace)))
}
