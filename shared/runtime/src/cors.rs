//! Which browser pages may call the endpoints (RS-07).

use std::{str::FromStr, sync::Arc, time::Duration};

use http::{HeaderName, HeaderValue, Method, header};
use jean_auth::public_url::PublicUrl;
use tower_http::cors::{AllowOrigin, CorsLayer};
use url::{Host, Url};

use crate::{Environment, StartError};

/// The origins a browser page may call from: our own, those the operator lists in `ALLOWED_ORIGINS` (separated by
/// commas), and any port of this computer, where developers' tools run.
#[derive(Debug, Clone)]
pub struct AllowedOrigins {
    own: PublicUrl,
    listed: Arc<[String]>,
}

impl AllowedOrigins {
    /// Reads the operator's list.
    ///
    /// # Errors
    /// [`StartError::Invalid`] for an entry that is no origin.
    pub fn new(environment: &Environment, own: PublicUrl) -> Result<Self, StartError> {
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
                        format!("{origin} is no origin, like https://app.example.com"),
                    ))
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { own, listed })
    }

    /// Whether an `Origin` header is one of them. Compared whole, never by how it starts (T-26).
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

/// CORS for the endpoints that browser clients call. Credentials never: a token is not sent by the browser itself.
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

    #[test]
    fn origins_are_compared_whole_t26() {
        let environment =
            [("ALLOWED_ORIGINS".to_string(), "https://app.example.com, https://b.example:8443".to_string())];
        let own = "https://memory.example".parse().expect("valid");
        let origins = AllowedOrigins::new(&environment.into_iter().collect(), own).expect("origins");
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
    fn an_entry_that_is_no_origin_stops_the_start() {
        for entry in ["*", "https://app.example.com/", "app.example.com"] {
            let environment = [("ALLOWED_ORIGINS".to_string(), entry.to_string())];
            let own = "https://memory.example".parse().expect("valid");
            assert!(AllowedOrigins::new(&environment.into_iter().collect(), own).is_err(), "{entry}");
        }
    }
}
