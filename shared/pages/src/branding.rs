//! Branding: the operator's name, colour and logo, the stylesheet, and the content security policy that allows only these.

mod color;

use std::{str::FromStr, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderValue;
use sha2::{Digest, Sha256};
use url::{Host, Url};

use self::color::{CARDS, Color};
use jean_runtime::{Environment, ServiceName, StartError};

const STYLE: &str = include_str!("../templates/style.css");

/// The branding of the pages, built once when a function starts.
#[derive(Debug, Clone)]
pub struct Branding(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    service_name: ServiceName,
    logo: Option<LogoUrl>,
    style: String,
    policy: String,
    icon: String,
}

impl Branding {
    /// Reads the settings `SERVICE_NAME`, `ACCENT_COLOR` (#rrggbb) and `LOGO_URL` (https).
    ///
    /// # Errors
    /// [`StartError`] if name or colour is missing, or the colour or the logo URL is malformed.
    pub fn from_env(environment: &Environment) -> Result<Self, StartError> {
        let service_name = ServiceName::from_env(environment)?;
        let accent: Color = environment.parse("ACCENT_COLOR")?;
        let logo: Option<LogoUrl> = environment.parse_if_set("LOGO_URL")?;
        let style = format!("{STYLE}{}", colours(accent));
        let policy = policy(&style, logo.as_ref());
        Ok(Self(Arc::new(Inner { service_name, logo, style, policy, icon: icon(accent) })))
    }

    /// The name of the service, as users know it.
    pub fn service_name(&self) -> &ServiceName {
        &self.0.service_name
    }

    /// The icon of the pages, as SVG: the mark beside the name, in the accent colour.
    pub fn icon(&self) -> &str {
        &self.0.icon
    }

    pub(crate) fn logo(&self) -> Option<&str> {
        self.0.logo.as_ref().map(|logo| logo.0.as_str())
    }

    pub(crate) fn style(&self) -> &str {
        &self.0.style
    }

    /// The content security policy of a page with this script, or with none.
    pub(crate) fn policy(&self, script: Option<&Script>) -> HeaderValue {
        let script = script.map(|script| format!("; script-src '{}'", script.hash)).unwrap_or_default();
        format!("{}{script}", self.0.policy).parse().expect("base64 and an origin are a header value")
    }
}

/// An inline script and its hash in the policy.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) text: &'static str,
    hash: String,
}

impl Script {
    pub(crate) fn new(text: &'static str) -> Self {
        Self { text, hash: hash(text) }
    }
}

/// Custom properties for the accent colour: unchanged as the background of buttons, and as legible shades of it for links.
/// No colour has a contrast of 4.5:1 on both the light and the dark card, so a fixed accent could not be validated instead.
fn colours(accent: Color) -> String {
    let [light, dark] = CARDS.map(|card| accent.legible_on(card));
    let on_accent = accent.text_color();
    format!(
        ":root{{--accent:{accent};--on-accent:{on_accent};--link:{light}}}\
         @media (prefers-color-scheme:dark){{:root{{--link:{dark}}}}}"
    )
}

/// The mark of `.mark` in style.css. White surrounds it, since tabs are light or dark.
fn icon(accent: Color) -> String {
    let shape = "M16 2a14 14 0 0 1 0 28H6a4 4 0 0 1-4-4V16A14 14 0 0 1 16 2Z";
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\">\
         <path fill=\"{accent}\" stroke=\"#fff\" stroke-width=\"2\" d=\"{shape}\"/></svg>"
    )
}

/// Allows the stylesheet by its hash, the icon, and the origin of the logo. There is no `form-action`: Chromium also applies it to
/// the redirect after a form, which would block the redirect to the client.
fn policy(style: &str, logo: Option<&LogoUrl>) -> String {
    let images = logo.map(|logo| format!(" {}", logo.0.origin().ascii_serialization())).unwrap_or_default();
    format!(
        "default-src 'none'; style-src '{}'; img-src 'self'{images}; base-uri 'none'; frame-ancestors 'none'",
        hash(style)
    )
}

/// The hash of an inline element (CSP3 §2.3.1).
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// The URL of the operator's logo.
#[derive(Debug)]
struct LogoUrl(Url);

impl FromStr for LogoUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| "malformed URL")?;
        // A policy cannot name an IPv6 address (CSP3 §2.3.1), so IP addresses are rejected.
        match (url.scheme(), url.host(), url.username().is_empty() && url.password().is_none()) {
            ("https", Some(Host::Domain(_)), true) => Ok(Self(url)),
            _ => Err("must be an https URL with a host name and without credentials"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branding(pairs: &[(&str, &str)]) -> Result<Branding, StartError> {
        let required = [("SERVICE_NAME", "Jean Memory"), ("ACCENT_COLOR", "#3d4fbf")];
        let pairs = required.iter().chain(pairs);
        Branding::from_env(&pairs.map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    fn policy_of(pairs: &[(&str, &str)]) -> String {
        branding(pairs).expect("valid").policy(None).to_str().expect("text").into()
    }

    /// AS-17
    #[test]
    fn foreign_images_are_blocked_without_a_logo() {
        let policy = policy_of(&[]);
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains("; img-src 'self'; base-uri"), "{policy}");
    }

    /// AS-17
    #[test]
    fn script_is_allowed_by_hash_only_on_its_pages() {
        let branding = branding(&[]).expect("valid");
        assert!(!branding.policy(None).to_str().expect("text").contains("script-src"));
        let policy = branding.policy(Some(&Script::new("alert(1)")));
        let policy = policy.to_str().expect("text");
        assert!(policy.ends_with("; script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"), "{policy}");
    }

    /// AS-17
    #[test]
    fn policy_allows_only_the_origin_of_the_logo() {
        let policy = policy_of(&[("LOGO_URL", "https://cdn.example:8443/logo.svg?v=2")]);
        assert!(policy.contains("; img-src 'self' https://cdn.example:8443; "), "{policy}");
    }

    #[test]
    fn malformed_colour_or_logo_does_not_start() {
        for (name, value) in [
            ("ACCENT_COLOR", "red"),
            ("ACCENT_COLOR", "#12345"),
            ("ACCENT_COLOR", "#1234567"),
            ("ACCENT_COLOR", "#12345g"),
            ("ACCENT_COLOR", "#é345"),
            ("ACCENT_COLOR", "#000;}*{"),
            ("LOGO_URL", "http://example.org/logo.png"),
            ("LOGO_URL", "data:image/png;base64,"),
            ("LOGO_URL", "https://user@example.org/logo.png"),
            ("LOGO_URL", "https://[::1]/logo.png"),
            ("LOGO_URL", "https://192.0.2.1/logo.png"),
            ("LOGO_URL", "/logo.png"),
        ] {
            assert!(matches!(branding(&[(name, value)]), Err(StartError::Invalid(..))), "{name} {value}");
        }
    }
}
