//! Tells a browser that shows the response to a user from a program (TO-07).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::{HeaderMap, Method, header, request::Parts};

/// `true` if a browser shows the response to a user.
#[derive(Debug, Clone, Copy)]
pub struct BrowserNavigation(pub bool);

impl<S: Sync> FromRequestParts<S> for BrowserNavigation {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(is_navigation(&parts.method, &parts.headers)))
    }
}

/// Browsers accept HTML by name. So does Java's HTTP client in every request, therefore a POST must also be unable to use
/// JSON, or be marked as a navigation (Fetch Metadata, `Sec-Fetch-Mode`).
fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let kinds: Vec<_> = values
        .flat_map(|value| value.split(','))
        .map(|range| range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
        .collect();
    let accepts = |kind: &str| kinds.iter().any(|accepted| accepted == kind);
    let is_read = [Method::GET, Method::HEAD].contains(method);
    let is_marked = headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
    let takes_json = ["application/json", "application/*", "*/*"].into_iter().any(accepts);
    accepts("text/html") && (is_read || is_marked || !takes_json)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// TO-07
    #[test]
    fn browser_is_told_from_a_program() {
        let firefox = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        let java = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2";
        for (method, accept, mode, expected) in [
            (Method::GET, firefox, "navigate", true),
            (Method::GET, firefox, "", true),
            (Method::GET, "Text/HTML;q=0.9", "", true),
            (Method::HEAD, "text/html", "", true),
            (Method::POST, firefox, "navigate", true),
            (Method::POST, "text/html", "", true),
            (Method::POST, java, "", false),
            (Method::POST, "text/html, application/json", "cors", false),
            (Method::GET, "*/*", "", false),
            (Method::GET, "application/json", "", false),
            (Method::GET, "text/event-stream", "", false),
            (Method::GET, "", "navigate", false),
        ] {
            let headers = [
                (header::ACCEPT, HeaderValue::from_static(accept)),
                (header::HeaderName::from_static("sec-fetch-mode"), HeaderValue::from_static(mode)),
            ];
            assert_eq!(is_navigation(&method, &HeaderMap::from_iter(headers)), expected, "{method} {accept} {mode}");
        }
    }
}
