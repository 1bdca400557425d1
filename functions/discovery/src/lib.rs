//! Discovery documents and the start page.
//!
//! Serves protected resource metadata ([RFC 9728](https://www.rfc-editor.org/rfc/rfc9728)), which the 401 response of the
//! MCP endpoint links to, authorization server metadata ([RFC 8414](https://www.rfc-editor.org/rfc/rfc8414)), which the
//! former links to, a page that explains the MCP URL to users, the icon of the pages, and `/health`.
//!
//! Requests to paths that no function serves also arrive here, since this function has pages and no permissions.
//!
//! All of them depend on settings only. The documents are serialised once at start-up; the function has no access to
//! tables or secrets. The public keys of access tokens are therefore published by `functions/token`, which holds the private
//! ones.

mod settings;

use askama::Template;
use axum::{
    Router, middleware,
    response::IntoResponse,
    routing::{MethodRouter, get},
};
use http::{HeaderValue, StatusCode, header};
use jean_auth::{
    metadata::{AuthorizationServerMetadata, ProtectedResourceMetadata},
    public_url::PublicUrl,
    sign_up::{self, SignUp},
};
use jean_pages::{Branding, ConnectGuide, Language, Texts, page};
use jean_runtime::{Platform, StartError};

use crate::settings::Settings;

#[derive(Template)]
#[template(path = "about.html")]
struct AboutPage<'a> {
    texts: Texts,
    guide: ConnectGuide<'a>,
    /// The page that creates an account, if sign-up is open.
    sign_up: Option<&'static str>,
}

/// The routes of the function.
///
/// # Errors
/// [`StartError`] if a setting is missing or invalid.
pub async fn router(platform: &Platform) -> Result<Router, StartError> {
    let Settings { public_url, branding, sign_up, client_metadata_documents, access_token_algorithm, allowed_origins } =
        Settings::from_env(&platform.environment)?;
    let resource = document(&ProtectedResourceMetadata::new(&public_url, branding.service_name().as_str()));
    let server =
        document(&AuthorizationServerMetadata::new(&public_url, client_metadata_documents, access_token_algorithm));
    let about = about(public_url.clone(), branding.clone(), sign_up);
    let icon = icon(branding.icon().to_owned());
    Ok(Router::new()
        .route("/", about)
        .route("/.well-known/oauth-protected-resource", resource.clone())
        .route("/.well-known/oauth-protected-resource/", resource.clone())
        // Clients derive this path from the MCP URL (RFC 9728 §3.1), to which some append a slash.
        .route("/.well-known/oauth-protected-resource/mcp", resource.clone())
        .route("/.well-known/oauth-protected-resource/mcp/", resource)
        .route("/.well-known/oauth-authorization-server", server.clone())
        .route("/.well-known/oauth-authorization-server/", server)
        .route("/health", get(health))
        // Browsers ask for the second one on every page of the host that is not one of ours, such as JSON.
        .route("/favicon.svg", icon.clone())
        .route("/favicon.ico", icon)
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(middleware::map_response_with_state(branding, page::with_messages))
        .layer(jean_runtime::cors(allowed_origins))
        .layer(middleware::map_response_with_state(public_url, jean_runtime::finish_response))
        .layer(middleware::from_fn(jean_runtime::trace)))
}

/// The start page, published as `service_documentation` (RFC 8414 §2).
fn about(public_url: PublicUrl, branding: Branding, sign_up: SignUp) -> MethodRouter {
    let sign_up = (sign_up == SignUp::Open).then_some(sign_up::PATH);
    get(async move |language: Language| {
        let texts = Texts::of(language);
        let about = AboutPage { texts, guide: ConnectGuide::new(texts, &public_url, std::iter::empty()), sign_up };
        page::page(StatusCode::OK, language, &branding, texts.about(), &about)
    })
}

/// `GET /health`: the server answers. It reads no table, so monitors may call it often.
async fn health() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, r#"{"status":"ok"}"#)
}

fn icon(svg: String) -> MethodRouter {
    get(async move || {
        let headers = [
            (header::CONTENT_TYPE, "image/svg+xml"),
            (header::CACHE_CONTROL, "public, max-age=86400"),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (headers, svg.clone())
    })
}

fn document(metadata: &impl serde::Serialize) -> MethodRouter {
    let body = serde_json::to_string(metadata).expect("metadata is plain data");
    get(async move || {
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
        ];
        (headers, body.clone())
    })
}
