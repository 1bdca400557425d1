//! Cross-origin access for browser-based clients (RS-07).

use std::{sync::Arc, time::Duration};

use http::{HeaderName, HeaderValue, Method, header};
use jean_auth::public_url::PublicUrl;
use tower_http::cors::{AllowOrigin, CorsLayer};
use url::{Host, Url};

use crate::{Environment, StartError};

/// Origins that may call the endpoints: the server's own, those in `ALLOWED_ORIGINS` (separated by commas or spaces) and
/// every loopback origin, where developer tools run.
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
        let entries = listed.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
        let read = |entry| serialised(entry).ok_or_else(|| StartError::Invalid("ALLOWED_ORIGINS", no_origin(entry)));
        Ok(Self { own, listed: entries.map(read).collect::<Result<_, _>>()? })
    }

    /// `true` if `origin` is allowed. Compared as a whole, never by prefix (T-26).
    pub fn allows(&self, origin: &HeaderValue) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        self.own.is_origin(origin) || self.listed.iter().any(|listed| listed == origin) || is_local(origin)
    }

    /// Describes how the operator can allow `origin`, for an error.
    pub fn advice(origin: &HeaderValue) -> String {
        match origin.to_str().ok().and_then(serialised) {
            Some(origin) => format!(
                "Requests from {origin} are not allowed. The operator can allow them with the parameter \
                 AllowedOrigins={origin}, or locally with: jean serve --allowed-origins {origin}"
            ),
            None => {
                "Requests from this origin are not allowed. It is not unique, so it cannot be allowed: open the page \
                     from a web server."
                    .into()
            }
        }
    }
}

/// The origin as a browser serialises it ([RFC 6454 §6.2](https://www.rfc-editor.org/rfc/rfc6454#section-6.2)):
/// `scheme://host`, with the port unless it is the default one. `None` if the text is more than an origin.
///
/// Browsers do the same for the schemes of extensions and apps, such as `chrome-extension`, `tauri` and `vscode-webview`.
/// The URL standard treats these origins as opaque.
fn serialised(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_bare = ["", "/"].contains(&url.path()) && url.query().is_none() && url.fragment().is_none();
    if !is_bare || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    of_url(&url)
}

fn of_url(url: &Url) -> Option<String> {
    let host = url.host_str().filter(|host| !host.is_empty() && !host.contains('*'))?.to_ascii_lowercase();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{host}{port}", url.scheme()))
}

/// The error for an invalid entry, with the origin it probably means.
fn no_origin(entry: &str) -> String {
    let meant = Url::parse(entry).ok().as_ref().and_then(of_url);
    let meant = meant.or_else(|| serialised(&format!("https://{}", entry.split('/').next().unwrap_or_default())));
    let example = meant.filter(|meant| meant.contains('.') || !meant.starts_with("https:"));
    let example = example.as_deref().unwrap_or("https://app.example.com");
    format!("{entry} (parameter AllowedOrigins, option --allowed-origins) is not an origin such as {example}")
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

    fn with(entries: &str) -> Result<AllowedOrigins, StartError> {
        let environment = [("ALLOWED_ORIGINS".to_string(), entries.to_string())];
        AllowedOrigins::from_env(&environment.into_iter().collect(), "https://memory.example".parse().expect("valid"))
    }

    /// TO-11
    #[test]
    fn origin_of_any_scheme_is_compared_as_browsers_serialise_it() {
        for (entry, sent) in [
            ("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop"),
            ("moz-extension://5f5c8a2e-0001/", "moz-extension://5f5c8a2e-0001"),
            ("tauri://localhost", "tauri://localhost"),
            ("app://obsidian.md", "app://obsidian.md"),
            ("vscode-webview://1AB2", "vscode-webview://1ab2"),
            ("capacitor://localhost:8080", "capacitor://localhost:8080"),
            ("App://Local.Files", "app://local.files"),
            ("https://app.example.com/", "https://app.example.com"),
            ("HTTPS://App.Example.com:443", "https://app.example.com"),
            ("http://app.example.com:80", "http://app.example.com"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
        ] {
            let origins = with(&format!("https://a.example,{entry} https://b.example")).expect(entry);
            assert!(origins.allows(&HeaderValue::from_static(sent)), "{entry} {sent}");
            for other in
                [format!("{sent}x"), format!("{sent}:1"), format!("{sent}/"), format!("x{sent}"), "null".into()]
            {
                assert!(!origins.allows(&HeaderValue::from_str(&other).expect("ASCII")), "{entry} {other}");
            }
        }
    }

    /// TO-11
    #[test]
    fn error_of_an_invalid_entry_names_a_valid_one() {
        for (entry, meant) in [
            ("*", "https://app.example.com"),
            ("null", "https://app.example.com"),
            ("https://*.example.com", "https://app.example.com"),
            ("app.example.com", "https://app.example.com"),
            ("app.example.com/", "https://app.example.com"),
            ("my.example.org", "https://my.example.org"),
            ("https://my.example.org/app?x=1", "https://my.example.org"),
            ("https://user@my.example.org", "https://my.example.org"),
            ("chrome-extension://abc/popup.html", "chrome-extension://abc"),
            ("mailto:ada@example.org", "https://app.example.com"),
        ] {
            let Err(StartError::Invalid(_, error)) = with(entry) else { panic!("{entry} was accepted") };
            let (_, advised) = error.rsplit_once(' ').expect("words");
            assert_eq!(advised, meant, "{error}");
            assert!(with(advised).expect("the advice works").allows(&HeaderValue::from_str(advised).expect("ASCII")));
        }
    }

    /// TO-11
    #[test]
    fn advice_for_a_refused_origin_works() {
        for origin in ["chrome-extension://abc", "https://app.example.com:8443", "tauri://localhost"] {
            let sent = HeaderValue::from_static(origin);
            assert!(!with("").expect("valid").allows(&sent));
            let advice = AllowedOrigins::advice(&sent);
            let (_, parameter) = advice.split_once("AllowedOrigins=").expect("the parameter");
            let (parameter, command) = parameter.split_once(", or locally with: ").expect("the command");
            assert_eq!(command, format!("jean serve --allowed-origins {origin}"));
            assert!(with(parameter).expect("the advice works").allows(&sent), "{advice}");
        }
        for opaque in ["null", "", "https://a.example/x", "file://"] {
            assert!(
                AllowedOrigins::advice(&HeaderValue::from_static(opaque)).contains("cannot be allowed"),
                "{opaque}"
            );
        }
    }
}
