//! How the pages look: the operator's name, colour and logo in the one stylesheet, and the policy that allows just these.

mod color;

use std::{str::FromStr, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderValue;
use sha2::{Digest, Sha256};
use url::{Host, Url};

use self::color::Color;
use jean_runtime::{Environment, ServiceName, StartError};

const STYLE: &str = include_str!("../templates/style.css");
/// `--card` of style.css, light and dark: what a link in the accent colour has to stand out from.
const CARDS: [Color; 2] = [Color::new(0xff, 0xff, 0xff), Color::new(0x1f, 0x21, 0x28)];
const ACCENT: Color = Color::new(0x3d, 0x4f, 0xbf);

/// How the pages of this server look, made once when a function starts.
#[derive(Debug, Clone)]
pub struct Branding(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    service_name: ServiceName,
    logo: Option<LogoUrl>,
    style: String,
    policy: String,
}

impl Branding {
    /// Reads the settings `SERVICE_NAME`, `ACCENT_COLOR` (#rrggbb) and `LOGO_URL` (https).
    ///
    /// # Errors
    /// [`StartError::Invalid`] for a colour or an address that is none.
    pub fn new(environment: &Environment) -> Result<Self, StartError> {
        let accent: Color = environment.parse_or("ACCENT_COLOR", ACCENT)?;
        let logo: Option<LogoUrl> = match environment.get("LOGO_URL") {
            Some(_) => Some(environment.parse("LOGO_URL")?),
            None => None,
        };
        let style = format!("{STYLE}{}", colours(accent));
        let policy = policy(&style, logo.as_ref());
        Ok(Self(Arc::new(Inner { service_name: ServiceName::new(environment), logo, style, policy })))
    }

    /// The name people know this server by.
    pub fn service_name(&self) -> &ServiceName {
        &self.0.service_name
    }

    pub(crate) fn logo(&self) -> Option<&str> {
        self.0.logo.as_ref().map(|logo| logo.0.as_str())
    }

    pub(crate) fn style(&self) -> &str {
        &self.0.style
    }

    /// The policy of a page with this script, or with none.
    pub(crate) fn policy(&self, script: Option<&Script>) -> HeaderValue {
        let script = script.map(|script| format!("; script-src '{}'", script.hash)).unwrap_or_default();
        format!("{}{script}", self.0.policy).parse().expect("base64 and an origin are a header value")
    }
}

/// A script that stands inline, and the name a policy has for it.
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

/// The accent as it is behind a button's words, and as near to it as words on a card can be read (WCAG 2.2, 1.4.3).
fn colours(accent: Color) -> String {
    let [light, dark] = CARDS.map(|card| accent.readable_on(card));
    let on_accent = accent.words_on();
    format!(
        ":root{{--accent:{accent};--on-accent:{on_accent};--link:{light}}}\
         @media (prefers-color-scheme:dark){{:root{{--link:{dark}}}}}"
    )
}

/// The policy names the one stylesheet by its hash, and the logo's origin if there is a logo. There is no `form-action`:
/// Chromium applies it to the redirect after a form too, and would stop the way back to the client.
fn policy(style: &str, logo: Option<&LogoUrl>) -> String {
    let images = logo.map(|logo| format!(" img-src {};", logo.0.origin().ascii_serialization())).unwrap_or_default();
    format!("default-src 'none'; style-src '{}';{images} base-uri 'none'; frame-ancestors 'none'", hash(style))
}

/// What stands inline, as a policy names it (CSP3 §2.3.1).
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// Where the operator's logo is.
#[derive(Debug)]
struct LogoUrl(Url);

impl FromStr for LogoUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| "it is no URL")?;
        // A policy has no way to name an IPv6 address (CSP3 §2.3.1), and an address is no place for a logo.
        match (url.scheme(), url.host(), url.username().is_empty() && url.password().is_none()) {
            ("https", Some(Host::Domain(_)), true) => Ok(Self(url)),
            _ => Err("it needs https, a host name, and no user"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(pairs: &[(&str, &str)]) -> Result<Branding, StartError> {
        Branding::new(&pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    fn policy_of(pairs: &[(&str, &str)]) -> String {
        look(pairs).expect("good").policy(None).to_str().expect("text").into()
    }

    #[test]
    fn without_a_logo_no_image_is_allowed_as17() {
        let policy = policy_of(&[]);
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(!policy.contains("img-src"), "{policy}");
    }

    #[test]
    fn a_script_is_allowed_by_its_hash_and_where_there_is_none_none_is_as17() {
        let look = look(&[]).expect("good");
        assert!(!look.policy(None).to_str().expect("text").contains("script-src"));
        let policy = look.policy(Some(&Script::new("alert(1)")));
        let policy = policy.to_str().expect("text");
        assert!(policy.ends_with("; script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"), "{policy}");
    }

    #[test]
    fn the_policy_allows_the_logos_origin_and_no_other_as17() {
        let policy = policy_of(&[("LOGO_URL", "https://cdn.example:8443/logo.svg?v=2")]);
        assert!(policy.contains("; img-src https://cdn.example:8443; "), "{policy}");
    }

    #[test]
    fn what_is_no_colour_or_no_logo_does_not_start() {
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
            assert!(matches!(look(&[(name, value)]), Err(StartError::Invalid(..))), "{name} {value}");
        }
    }
}
