//! A person's own pages: what is kept for them, and who may use it.
//!
//! Whoever opens one is asked to sign in by functions/authorize, and comes back. A form goes to the address of the page
//! it stands on, and is answered with a redirect: neither a reload nor the back button sends it again. Each is bound to
//! the sign-in and to that address (T-11, T-16), in the one place that reads forms: [`person::OwnForm`].

mod app;
mod connection;
mod data;
mod delete;
mod error;
mod frame;
mod keys;
mod memories;
mod notices;
mod overview;
mod person;
mod security;
mod texts;

use axum::{Router, extract::DefaultBodyLimit, middleware, routing::get};
use jean_pages::page;
use jean_runtime::{Platform, StartError};

use crate::app::AppState;

/// Limit of a form with a file, in bytes. Lambda payloads are limited to 6 MB, and base64 adds a third.
const FILE_BYTES: usize = 4_500_000;

/// Builds the routes of the function.
///
/// # Errors
/// [`StartError`] if a setting is missing or invalid, or the signing secret cannot be loaded.
pub async fn router(platform: &Platform) -> Result<Router, StartError> {
    let app = AppState::new(platform).await?;
    Ok(Router::new()
        .route("/account", get(overview::show).post(overview::disconnect))
        .route("/account/notices", get(notices::back).post(notices::dismiss))
        .route("/account/security", get(security::show).post(security::end))
        .route("/account/connections/{id}", get(connection::show).post(connection::change))
        .route("/account/memories", get(memories::show).post(memories::add))
        .route("/account/memories/{id}", get(memories::memory::show).post(memories::memory::change))
        .route("/account/data", get(data::show).post(data::import).layer(DefaultBodyLimit::max(FILE_BYTES)))
        .route("/account/data/export", get(data::export))
        .route("/account/keys", get(keys::show).post(keys::change))
        .route("/account/delete", get(delete::ask).post(delete::delete))
        .layer(middleware::map_response_with_state(app.look.clone(), page::with_messages))
        .with_state(app)
        .layer(middleware::from_fn(jean_runtime::trace)))
}
