//! Identity providers of the operator, for sign-in with their accounts: [`IdentityProviders`], and the rules of each.
//!
//! A provider is named by its issuer ([OpenID Connect Core §2](https://openid.net/specs/openid-connect-core-1_0.html)). The
//! protocol is in `functions/federate`.
//!
//! ```
//! use jean_auth::identity_provider::IdentityProviders;
//!
//! let setting = r#"[{"id": "google", "label": "Google", "issuer": "https://accounts.google.com",
//!     "client_id": "123.apps.example", "allowed": ["example.com"], "sign_up": "open"}]"#;
//! let providers = IdentityProviders::read(setting, &"https://memory.example".parse()?)?;
//! let google = providers.iter().next().expect("one");
//! let ada = "ada@example.com".parse()?;
//! assert!(google.admits(Some(&ada)) && !google.admits(None));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::{collections::BTreeSet, str::FromStr};

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::{
    public_url::PublicUrl,
    text::{InvalidValue, text_type},
    user::Email,
};

text_type! {
    /// The id of a provider, which is part of its redirect URI: 1 to 32 letters a to z, digits or `-`, e.g. `google`.
    ProviderId, "id must be 1 to 32 letters a to z, digits or '-'", |text| {
        (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }
}

text_type! {
    /// The name of a provider on buttons: 1 to 40 characters, e.g. `Google`.
    ProviderLabel, "label must be 1 to 40 characters", |text| {
        (1..=40).contains(&text.chars().count()) && text.trim() == text && !text.chars().any(char::is_control)
    }
}

/// The issuer of GitHub's authorization server (RFC 8414), which has no id token and needs an adapter of its own.
pub const GITHUB: &str = "https://github.com/login/oauth";
/// Maximum number of providers. Each is a button.
const PROVIDERS: usize = 16;

/// The issuer identifier of a provider (OpenID Connect Discovery §3): an `https` URL without query or fragment, e.g.
/// `https://accounts.google.com`. For the local server also `http` at a loopback name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Issuer(String);

impl Issuer {
    /// The URL, byte for byte as the operator has configured it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `true` if the provider runs on the same computer, over plain HTTP.
    pub fn is_loopback(&self) -> bool {
        self.0.starts_with("http:")
    }
}

impl FromStr for Issuer {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let invalid = InvalidValue("issuer must be an https URL without query, fragment or user name");
        let url = Url::parse(text).map_err(|_| invalid)?;
        let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        let is_reachable = match (url.scheme(), url.host()) {
            ("https", Some(Host::Domain(_))) => true,
            ("http", Some(host)) => ["localhost", "127.0.0.1", "[::1]"].contains(&host.to_string().as_str()),
            _ => false,
        };
        // Issuers are compared byte for byte; the parser adds a slash to an empty path.
        let is_normal = url.as_str() == text || url.as_str().strip_suffix('/') == Some(text);
        let is_short = text.len() <= 255;
        if is_plain && is_reachable && is_normal && is_short { Ok(Self(text.into())) } else { Err(invalid) }
    }
}

impl TryFrom<String> for Issuer {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        text.parse()
    }
}

/// The users that a provider may sign in: an email address, or all addresses of a domain, but not of its subdomains.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
enum Allowed {
    /// In lower case.
    Address(String),
    /// In lower case.
    Domain(String),
}

impl TryFrom<String> for Allowed {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        let invalid = InvalidValue("allowed must list email addresses and domains, such as example.com");
        if text.contains('@') {
            return text.parse::<Email>().map(|email| Self::Address(email.key())).map_err(|_| invalid);
        }
        let is_domain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        if is_domain { Ok(Self::Domain(text.to_lowercase())) } else { Err(invalid) }
    }
}

/// `sign_up`: `open` if a user without an account may create one with the provider.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ProviderSignUp {
    Open,
    #[default]
    Closed,
}

/// One provider, as the operator has configured it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityProvider {
    /// The id.
    pub id: ProviderId,
    /// The name on the pages.
    pub label: ProviderLabel,
    /// The issuer.
    pub issuer: Issuer,
    /// The client id of this server at the provider.
    pub client_id: String,
    /// The users that it may sign in. Empty: all of its users.
    #[serde(default)]
    allowed: Vec<Allowed>,
    #[serde(default)]
    sign_up: ProviderSignUp,
    /// `true` if the operator vouches for the addresses of a provider that sends no `email_verified`.
    #[serde(default)]
    trust_email: bool,
}

impl IdentityProvider {
    /// Returns the address of a user if the provider has verified it. An attacker could otherwise enter the address of another
    /// person at the provider.
    pub fn verified(&self, email: Option<&str>, is_verified: Option<bool>) -> Option<Email> {
        let is_verified = is_verified.unwrap_or(self.trust_email);
        email.filter(|_| is_verified)?.parse().ok()
    }

    /// `true` if the provider may sign in a user with this verified address.
    pub fn admits(&self, verified: Option<&Email>) -> bool {
        if self.allowed.is_empty() {
            return true;
        }
        let Some(key) = verified.map(Email::key) else { return false };
        let domain = key.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
        self.allowed.iter().any(|allowed| match allowed {
            Allowed::Address(address) => *address == key,
            Allowed::Domain(allowed) => allowed == domain,
        })
    }

    /// `true` if a user without an account may create one.
    pub fn opens_sign_up(&self) -> bool {
        self.sign_up == ProviderSignUp::Open
    }
}

/// The configured providers, in the order of their buttons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdentityProviders(Vec<IdentityProvider>);

impl IdentityProviders {
    /// Parses the setting of the server at `public_url`. Everyone on the network path could otherwise sign in as any user, so a
    /// provider over plain HTTP is only for a server on the same computer.
    ///
    /// # Errors
    /// [`InvalidProviders`]
    pub fn read(text: &str, public_url: &PublicUrl) -> Result<Self, InvalidProviders> {
        let providers: Vec<IdentityProvider> = serde_json::from_str(text).map_err(InvalidProviders::Malformed)?;
        if providers.len() > PROVIDERS {
            return Err(InvalidProviders::TooMany);
        }
        let ids: BTreeSet<_> = providers.iter().map(|provider| &provider.id).collect();
        let issuers: BTreeSet<_> = providers.iter().map(|provider| provider.issuer.as_str()).collect();
        if ids.len() < providers.len() || issuers.len() < providers.len() {
            return Err(InvalidProviders::Repeated);
        }
        if public_url.is_https() && providers.iter().any(|provider| provider.issuer.is_loopback()) {
            return Err(InvalidProviders::PlainHttp);
        }
        Ok(Self(providers))
    }

    /// All providers.
    pub fn iter(&self) -> impl Iterator<Item = &IdentityProvider> {
        self.0.iter()
    }

    /// `true` if there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The provider with this id.
    pub fn find(&self, id: &str) -> Option<&IdentityProvider> {
        self.iter().find(|provider| provider.id.as_str() == id)
    }

    /// The provider with this issuer.
    pub fn of_issuer(&self, issuer: &str) -> Option<&IdentityProvider> {
        self.iter().find(|provider| provider.issuer.as_str() == issuer)
    }
}

/// The reasons to reject the setting.
#[derive(Debug, thiserror::Error)]
pub enum InvalidProviders {
    /// Not a list of providers.
    #[error("must be a JSON list of providers: {0}")]
    Malformed(serde_json::Error),
    /// Two providers with one id or issuer.
    #[error("two providers have the same id or issuer")]
    Repeated,
    /// Too many.
    #[error("at most {PROVIDERS} providers")]
    TooMany,
    /// A provider over plain HTTP for a server over TLS.
    #[error("an http issuer is only for a local server without TLS")]
    PlainHttp,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn provider(with: &Value) -> Result<IdentityProvider, String> {
        let mut provider = json!({"id": "a", "label": "A", "issuer": "https://a.example", "client_id": "c"});
        provider.as_object_mut().expect("an object").extend(with.as_object().expect("an object").clone());
        let read = read(&json!([provider]), "http://localhost:3000");
        read.map(|providers| providers.0[0].clone()).map_err(|error| error.to_string())
    }

    fn read(setting: &Value, public_url: &str) -> Result<IdentityProviders, InvalidProviders> {
        IdentityProviders::read(&setting.to_string(), &public_url.parse().expect("valid"))
    }

    fn email(text: &str) -> Email {
        text.parse().expect("valid")
    }

    /// SR-31
    #[test]
    fn only_allowed_domains_and_addresses_are_admitted() {
        let open = provider(&json!({})).expect("valid");
        assert!(open.admits(None) && open.admits(Some(&email("ada@example.com"))) && !open.opens_sign_up());
        let allowed = json!({"allowed": ["Example.com", "bob@Other.example"], "sign_up": "open"});
        let limited = provider(&allowed).expect("valid");
        assert!(limited.opens_sign_up());
        for (address, admitted) in [
            ("ada@example.com", true),
            ("ADA@EXAMPLE.COM", true),
            ("bob@other.example", true),
            ("ada@other.example", false),
            ("ada@sub.example.com", false),
            ("ada@evilexample.com", false),
            ("ada@example.com.evil.example", false),
        ] {
            assert_eq!(limited.admits(Some(&email(address))), admitted, "{address}");
        }
        assert!(!limited.admits(None));
    }

    /// SR-31
    #[test]
    fn address_counts_only_if_the_provider_has_verified_it() {
        let strict = provider(&json!({})).expect("valid");
        let trusting = provider(&json!({"trust_email": true})).expect("valid");
        let ada = Some("ada@example.com");
        for (claim, by_strict, by_trusting) in
            [(Some(true), true, true), (Some(false), false, false), (None, false, true)]
        {
            assert_eq!(strict.verified(ada, claim).is_some(), by_strict, "{claim:?}");
            assert_eq!(trusting.verified(ada, claim).is_some(), by_trusting, "{claim:?}");
        }
        assert_eq!(strict.verified(None, Some(true)), None);
        assert_eq!(strict.verified(Some("not an address"), Some(true)), None);
    }

    #[test]
    fn malformed_providers_are_rejected() {
        for with in [
            json!({"id": "A"}),
            json!({"id": ""}),
            json!({"id": "a/b"}),
            json!({"label": " "}),
            json!({"label": "x".repeat(41)}),
            json!({"issuer": "http://a.example"}),
            json!({"issuer": "https://a.example?x"}),
            json!({"issuer": "https://a.example#x"}),
            json!({"issuer": "https://user@a.example"}),
            json!({"issuer": "https://A.example"}),
            json!({"issuer": "https://10.0.0.1"}),
            json!({"issuer": "http://localhost.evil.example"}),
            json!({"issuer": "a.example"}),
            json!({"allowed": ["*"]}),
            json!({"allowed": [""]}),
            json!({"allowed": ["@"]}),
            json!({"sign_up": "maybe"}),
            json!({"client_secret": "x"}),
        ] {
            assert!(provider(&with).is_err(), "{with}");
        }
        for issuer in
            ["https://a.example/", "https://a.example/tenant/v2.0", "http://localhost:8080/realms/home", GITHUB]
        {
            assert!(provider(&json!({"issuer": issuer})).is_ok(), "{issuer}");
        }
        assert!(matches!(read(&json!({}), "http://localhost:3000"), Err(InvalidProviders::Malformed(_))));
        let twice = json!([
            {"id": "a", "label": "A", "issuer": "https://a.example", "client_id": "c"},
            {"id": "b", "label": "B", "issuer": "https://a.example", "client_id": "c"},
        ]);
        assert!(matches!(read(&twice, "https://memory.example"), Err(InvalidProviders::Repeated)));
    }

    /// SR-31
    #[test]
    fn plain_http_is_for_a_local_server_only() {
        let list = json!([{"id": "a", "label": "A", "issuer": "http://localhost:8080", "client_id": "c"}]);
        assert!(read(&list, "http://localhost:3000").is_ok());
        assert!(matches!(read(&list, "https://memory.example"), Err(InvalidProviders::PlainHttp)));
    }
}
