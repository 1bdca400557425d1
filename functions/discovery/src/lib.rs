//! The two documents a client finds everything by: protected resource metadata (RFC 9728), named in the 401 of the MCP
//! endpoint, and authorization server metadata (RFC 8414), named in the first. And the page a person finds at the same
//! origin, which says what to do with it.
//!
//! All follow from the settings alone. The documents are written once, when the function starts; it has no table and no
//! secret.

use askama::Template;
use axum::{
    Router, middleware,
    routing::{MethodRouter, get},
};
use http::{HeaderValue, StatusCode, header};
use jean_auth::{
    metadata::{AuthorizationServerMetadata, ClientMetadataDocuments, ProtectedResourceMetadata},
    public_url::PublicUrl,
};
use jean_pages::{Branding, Language, Texts, page};
use jean_runtime::{AllowedOrigins, Platform, StartError};

#[derive(Template)]
#[template(path = "about.html")]
struct AboutPage<'a> {
    texts: Texts,
    mcp_url: &'a str,
}

/// The function's routes.
///
/// # Errors
/// [`StartError`] when a setting is missing or wrong.
pub async fn router(platform: &Platform) -> Result<Router, StartError> {
    let public_url = platform.public_url()?;
    let look = Branding::new(&platform.environment)?;
    let resource = document(&ProtectedResourceMetadata::new(&public_url, look.service_name().as_str()));
    let documents = platform.environment.parse_or("CLIENT_METADATA_DOCUMENTS", ClientMetadataDocuments::On)?;
    let server = document(&AuthorizationServerMetadata::new(&public_url, documents));
    let about = about(public_url.clone(), look);
    let origins = AllowedOrigins::new(&platform.environment, public_url)?;
    Ok(Router::new()
        .route("/", about)
        .route("/.well-known/oauth-protected-resource", resource.clone())
        // RFC 9728 §3.1: where a client looks that was given the MCP URL alone.
        .route("/.well-known/oauth-protected-resource/mcp", resource)
        .route("/.well-known/oauth-authorization-server", server)
        .layer(jean_runtime::cors(origins))
        .layer(middleware::from_fn(jean_runtime::trace)))
}

/// What `service_documentation` names (RFC 8414 §2).
fn about(public_url: PublicUrl, look: Branding) -> MethodRouter {
    get(async move |language: Language| {
        let texts = Texts::of(language);
        let about = AboutPage { texts, mcp_url: public_url.mcp() };
        page::page(StatusCode::OK, language, &look, texts.about(), &about)
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
