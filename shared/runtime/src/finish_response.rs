//! The headers of every response, page or JSON (SR-22), and the bodies of bare errors (TO-07).

use axum::{
    Json,
    body::{Body, HttpBody},
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, StatusCode, header};
use jean_auth::public_url::PublicUrl;
use serde_json::{Value, json};

use crate::BrowserNavigation;

/// A year, the minimum of browsers' preload lists. Subdomains belong to the operator.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The page that a browser shows in the place of an error for a program. The functions of programs have neither branding
/// nor languages, which would make every one of their cold starts longer.
const BROWSER_PAGE: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta name=\"color-scheme\" content=\"light dark\">
<title>This address is for apps</title>
<style>body{max-width:28rem;margin:12vh auto;padding:0 1rem;font:1rem/1.55 system-ui,sans-serif;color:#1c1e24;\
background:#f5f4f1}a{color:inherit}@media(prefers-color-scheme:dark){body{color:#ecebe7;background:#15161a}}</style>
<main>
<h1>This address is for apps</h1>
<p>A browser cannot use it. To connect an assistant, follow the instructions on the <a href=\"/\">start page</a>.</p>
</main>
</html>
";
const BROWSER_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'sha256-xktysvApBRNKSCBvqsC1FKS6Mria3ZFGdaduix33mjg='; base-uri 'none'; \
     frame-ancestors 'none'",
);

/// Middleware that describes errors which a router answers with a status alone, and forbids caches and content sniffing
/// unless the handler allowed them, and plain HTTP if the server is reached over TLS; for
/// [`axum::middleware::map_response_with_state`].
///
/// In a browser, an error for a program is a page that leads to the start page. Functions with pages of their own have
/// rendered one before.
pub async fn finish_response(
    State(public_url): State<PublicUrl>,
    method: Method,
    BrowserNavigation(is_navigation): BrowserNavigation,
    mut response: Response,
) -> Response {
    let is_bare =
        response.body().size_hint().exact() == Some(0) && !response.headers().contains_key(header::CONTENT_TYPE);
    if is_bare && let Some(error) = error(response.status(), &method, &public_url) {
        let (mut parts, _) = response.into_parts();
        let described = Json(error).into_response();
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.extend(described.headers().clone());
        response = Response::from_parts(parts, described.into_body());
    }
    if is_navigation && is_error_for_program(&response) {
        let (mut parts, _) = response.into_parts();
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        parts.headers.insert(header::CONTENT_SECURITY_POLICY, BROWSER_POLICY);
        response = Response::from_parts(parts, Body::from(BROWSER_PAGE));
    }
    let status = response.status();
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    if public_url.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        // The content codings that the server accepts (RFC 9110 §12.5.3).
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    response
}

fn is_error_for_program(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_page = kind.is_some_and(|kind| kind.starts_with("text/html"));
    (response.status().is_client_error() || response.status().is_server_error()) && !is_page
}

/// An error as JSON. It names the MCP endpoint, since clients with a wrong URL show it to their users.
fn error(status: StatusCode, method: &Method, public_url: &PublicUrl) -> Option<Value> {
    let (error, problem) = match status {
        StatusCode::NOT_FOUND => ("not_found", "There is nothing at this URL.".to_owned()),
        // The router adds Allow afterwards.
        StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", format!("{method} is not supported at this URL.")),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ("invalid_request", "This URL does not support the media type.".into()),
        status if status.is_client_error() => ("invalid_request", "The request could not be read.".into()),
        _ => return None,
    };
    let description = format!("{problem} MCP clients connect to {}.", public_url.mcp());
    Some(json!({ "error": error, "error_description": description }))
}

#[cfg(test)]
mod tests {
    use axum::{Router, middleware::map_response_with_state, routing::post};
    use base64::{Engine, engine::general_purpose::STANDARD};
    use http::Request;
    use http_body_util::BodyExt;
    use sha2::{Digest, Sha256};
    use tower::ServiceExt;

    use super::*;

    /// TO-07
    #[tokio::test]
    async fn browser_gets_a_page_for_an_error() {
        let public_url: PublicUrl = "https://memory.example".parse().expect("valid");
        let challenge = async || (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], Json(json!({})));
        let page = async || (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html")], "<h1>A page</h1>");
        let router = Router::new()
            .route("/mcp", axum::routing::get(challenge))
            .route("/page", axum::routing::get(page))
            .layer(map_response_with_state(public_url, finish_response));
        for (path, accept, is_replaced) in
            [("/mcp", "text/html", true), ("/mcp", "text/event-stream", false), ("/page", "text/html", false)]
        {
            let request = Request::builder().uri(path).header(header::ACCEPT, accept).body(Body::empty());
            let response = router.clone().oneshot(request.expect("a request")).await.expect("infallible");
            assert_eq!(response.headers().contains_key(header::WWW_AUTHENTICATE), path == "/mcp");
            let body = response.into_body().collect().await.expect("a body").to_bytes();
            assert_eq!(body == BROWSER_PAGE, is_replaced, "{path} {accept}");
        }
    }

    #[test]
    fn policy_allows_the_style_of_the_page() {
        let (_, rest) = BROWSER_PAGE.split_once("<style>").expect("a style");
        let (style, _) = rest.split_once("</style>").expect("the end of the style");
        let policy = BROWSER_POLICY;
        let hash = format!("'sha256-{}'", STANDARD.encode(Sha256::digest(style)));
        assert!(policy.to_str().expect("ASCII").contains(&hash), "{hash}");
    }

    /// TO-07
    #[tokio::test]
    async fn bare_error_becomes_a_sentence() {
        let public_url: PublicUrl = "https://memory.example".parse().expect("valid");
        let teapot = async || (StatusCode::IM_A_TEAPOT, "short and stout");
        let router = Router::new()
            .route("/", post(async || StatusCode::NO_CONTENT).put(teapot))
            .fallback(async || StatusCode::NOT_FOUND)
            .layer(map_response_with_state(public_url, finish_response));
        let endpoint = "MCP clients connect to https://memory.example/mcp.";
        for (method, path, status, sentence) in [
            (Method::POST, "/", 204, None),
            (Method::PUT, "/", 418, None),
            (Method::GET, "/", 405, Some("GET is not supported at this URL.")),
            (Method::DELETE, "/nowhere", 404, Some("There is nothing at this URL.")),
        ] {
            let request = Request::builder().method(&method).uri(path).body(Body::empty()).expect("a request");
            let response = router.clone().oneshot(request).await.expect("infallible");
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
            let allow = response.headers().contains_key(header::ALLOW);
            let body = response.into_body().collect().await.expect("a body").to_bytes();
            let Some(sentence) = sentence else {
                assert_eq!(body.as_ref(), if status == 418 { &b"short and stout"[..] } else { b"" });
                continue;
            };
            let json: Value = serde_json::from_slice(&body).expect("JSON");
            assert_eq!(json["error_description"], format!("{sentence} {endpoint}"), "{method} {path}");
            assert_eq!(allow, status == 405);
        }
    }
}
