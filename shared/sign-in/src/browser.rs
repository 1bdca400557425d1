//! Names the browser from `User-Agent`, for display in the session list only.

use std::convert::Infallible;

use axum::extract::{FromRef, FromRequestParts};
use http::{header, request::Parts};
use jean_runtime::{SourceAddress, TrustedProxies};

/// The browser and operating system named by `User-Agent` (RFC 9110 §10.1.5), e.g. "Firefox, Linux"; empty if unknown.
/// The header is not trusted: only known names are used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserName(String);

/// The first match is used, since most browsers also name others for compatibility.
const BROWSERS: [(&str, &str); 10] = [
    ("jean-doctor/", "jean doctor"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

impl BrowserName {
    fn of(user_agent: &str) -> Self {
        let known = [BROWSERS.as_slice(), SYSTEMS.as_slice()]
            .map(|names| names.iter().find(|(needle, _)| user_agent.contains(needle)).map(|(_, name)| *name));
        Self(known.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for BrowserName {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self::of(user_agent.unwrap_or_default()))
    }
}

/// The browser of a request and its source address.
#[derive(Debug)]
pub struct Visitor {
    /// The browser.
    pub browser: BrowserName,
    /// The source address.
    pub source: SourceAddress,
}

impl<S: Sync> FromRequestParts<S> for Visitor
where
    TrustedProxies: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self {
            browser: BrowserName::from_request_parts(parts, state).await?,
            source: SourceAddress::from_request_parts(parts, state).await?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_recognised() {
        for (user_agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox, Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                "Edge, Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                "Safari, iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
                "Chrome, Android",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
                "Safari, macOS",
            ),
            ("jean-doctor/1.0.0", "jean doctor"),
            ("curl/8.5.0", ""),
            ("<script>alert(1)</script>", ""),
        ] {
            assert_eq!(BrowserName::of(user_agent).as_str(), name, "{user_agent}");
        }
    }
}
