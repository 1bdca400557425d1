//! Cross-origin access for browser-based clients (RS-07).

use std::{str::FromStr, sync::Arc, time::Duration};

use http::{HeaderName, HeaderValue, Method, header};
use jean_auth::public_url::PublicUrl;
use tower_http::cors::{AllowOrigin, CorsLayer};
use url::{Host, Url};

use crate::{Environment, StartError};

/// Origins that may call the endpoints: the server's own, those in `ALLOWED_ORIGINS` (separated by commas) and every
/// loopback origin, where developer tools run.
#[derive(Debug, Clone)]
pub struct AllowedOrigins {
    own: PublicUrl,
    listed: Arc<[String]>,
}

impl AllowedOrigins {
    /// Reads `ALLOWED_ORIGINS`.
    ///
    /// # Errors
    /// [`StartError::Invalid`] if an entry is not an origin.
    pub fn from_env(environment: &Environment, own: PublicUrl) -> Result<Self, StartError> {
        let listed = environment.get("ALLOWED_ORIGINS").unwrap_or_default();
        let listed = listed
            .split(',')
            .map(str::trim)
            .filter(|origin| !origin.is_empty())
            .map(|origin| {
                let parsed = Url::from_str(origin).ok().map(|url| url.origin().ascii_serialization());
                if parsed.as_deref() == Some(origin) {
                    Ok(origin.to_owned())
                } else {
                    Err(StartError::Invalid(
                        "ALLOWED_ORIGINS",
                        format!("{origin} is not an origin such as https://app.example.com"),
                    ))
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { own, listed })
    }

    /// `true` if `origin` is allowed. Compared as a whole, never by prefix (T-26).
    pub fn allows(&self, origin: &HeaderValue) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        self.own.is_origin(origin) || self.listed.iter().any(|listed| listed == origin) || is_local(origin)
    }
}

fn is_local(origin: &str) -> bool {
    let Ok(url) = Url::parse(origin) else { return false };
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    local && url.scheme() == "http" && url.origin().ascii_serialization() == origin
}

/// The CORS layer of the endpoints that browser-based clients call. Credentials mode is never allowed: access tokens are
/// not sent by the browser itself.
pub fn cors(origins: AllowedOrigins) -> CorsLayer {
    let name = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| origins.allows(origin)))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT,
            name("mcp-protocol-version"),
            name("mcp-method"),
            name("mcp-name"),
            name("mcp-session-id"),
            name("last-event-id"),
            name("x-api-key"),
        ])
        .expose_headers([header::WWW_AUTHENTICATE, header::RETRY_AFTER])
        .max_age(Duration::from_secs(3600))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T-26
    #[test]
    fn origins_are_compared_as_a_whole() {
        let environment =
            [("ALLOWED_ORIGINS".to_string(), "https://app.example.com, https://b.example:8443".to_string())];
        let own = "https://memory.example".parse().expect("valid");
        let origins = AllowedOrigins::from_env(&environment.into_iter().collect(), own).expect("origins");
        for (origin, allowed) in [
            ("https://memory.example", true),
            ("https://app.example.com", true),
            ("https://b.example:8443", true),
            ("http://localhost:6274", true),
            ("http://127.0.0.1:1", true),
            ("http://[::1]:1", true),
            ("https://app.example.com.evil.example", false),
            ("https://evil.example", false),
            ("https://b.example", false),
            ("http://app.example.com", false),
            ("http://localhost.evil.example", false),
            ("http://localhost:1@evil.example", false),
            ("https://localhost:1", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(origins.allows(&HeaderValue::from_static(origin)), allowed, "{origin}");
        }
    }

    #[test]
    fn invalid_entry_is_a_start_error() {
        for entry in ["*", "https://app.example.com/", "app.example.com"] {
            let environment = [("ALLOWED_ORIGINS".to_string(), entry.to_string())];
            let own = "https://memory.example".parse().expect("valid");
            assert!(AllowedOrigins::from_env(&environment.into_iter().collect(), own).is_err(), "{entry}");
        }
    }
}
