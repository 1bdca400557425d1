//! The source address of a request, for throttles.

use std::{
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
    sync::Arc,
};

use axum::extract::{FromRef, FromRequestParts};
use http::{HeaderMap, request::Parts};
use ipnet::IpNet;
use jean_auth::{keys::RootKeyring, proxy_secret::ProxySecret};
use lambda_http::request::RequestContext;

use crate::{Environment, StartError};

/// The header in which a proxy sends the [`ProxySecret`].
const PROXY_SECRET: &str = "x-proxy-secret";

/// The operator's own proxies, whose `X-Forwarded-For` is believed. Empty if clients reach API Gateway directly.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies {
    networks: Networks,
    /// For proxies that share their addresses with those of others, such as CloudFront.
    secret: Option<ProxySecret>,
}

/// Addresses or networks in CIDR notation, separated by commas, e.g. `203.0.113.7, 2001:db8::/32`.
#[derive(Debug, Clone, Default)]
struct Networks(Arc<[IpNet]>);

/// An entry is neither an address nor a network.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not an address or network such as 203.0.113.7 or 2001:db8::/32")]
struct InvalidNetwork(String);

impl FromStr for Networks {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let network = |entry: &str| {
            let network = entry.parse().or_else(|_| entry.parse::<IpAddr>().map(IpNet::from));
            network.map_err(|_| InvalidNetwork(entry.into()))
        };
        Ok(Self(entries.map(network).collect::<Result<_, _>>()?))
    }
}

impl Networks {
    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl TrustedProxies {
    /// Reads `TRUSTED_PROXIES` and `PROXY_SECRET`.
    ///
    /// # Errors
    /// [`StartError::Invalid`] if an entry is neither an address nor a network, or the secret is weak.
    pub fn from_env(environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            networks: environment.parse_if_set("TRUSTED_PROXIES")?.unwrap_or_default(),
            secret: environment.parse_if_set("PROXY_SECRET")?,
        })
    }

    /// Returns the address of the client. Each proxy appends the address of its caller to `X-Forwarded-For`, so the header is
    /// read from its end, and only as long as a trusted proxy has written it. An attacker controls everything before that.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let sent = headers.get(PROXY_SECRET);
        let peer_is_proxy =
            self.secret.as_ref().zip(sent).is_some_and(|(secret, sent)| secret.matches(sent.as_bytes()));
        let is_proxy = |address| self.networks.contains(address) || peer_is_proxy && address == peer;
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        let entries = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
        let mut client = peer;
        for entry in entries {
            let (true, Ok(caller)) = (is_proxy(client), entry.trim().parse::<IpAddr>()) else { break };
            client = caller.to_canonical();
        }
        client
    }
}

/// The client's IP address as API Gateway saw it, or as one of the [`TrustedProxies`] saw it. Never another header, which an
/// attacker can forge (T-10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceAddress(Option<IpAddr>);

impl SourceAddress {
    /// The key for throttles. An IPv6 subscriber controls a whole /64, which therefore counts as one source.
    pub fn throttle_key(&self) -> String {
        match self.0 {
            None => "unknown".into(),
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        }
    }
}

impl SourceAddress {
    /// The keyed hash of the source for the log, which has no addresses.
    pub fn audit_hash(&self, keys: &RootKeyring) -> String {
        jean_auth::keys::audit_hash(&self.throttle_key(), keys)
    }
}

impl<S: Sync> FromRequestParts<S> for SourceAddress
where
    TrustedProxies: FromRef<S>,
{
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let peer: Option<IpAddr> = match parts.extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => {
                context.http.source_ip.as_deref().and_then(|ip| ip.parse().ok())
            }
            _ => None,
        };
        let proxies = TrustedProxies::from_ref(state);
        Ok(Self(peer.map(|peer| proxies.client(peer.to_canonical(), &parts.headers))))
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    /// T-10
    #[test]
    fn source_is_an_ipv4_address_or_an_ipv6_network() {
        for (address, key) in [
            ("203.0.113.7", "203.0.113.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ] {
            assert_eq!(SourceAddress(address.parse().ok()).throttle_key(), key);
        }
    }

    /// SR-10, T-10
    #[test]
    fn forwarded_address_is_believed_from_trusted_proxies_only() {
        for (proxies, peer, header, client) in [
            ("", "203.0.113.7", "198.51.100.1", "203.0.113.7"),
            ("203.0.113.7", "203.0.113.7", "198.51.100.1", "198.51.100.1"),
            ("203.0.113.7", "203.0.113.8", "198.51.100.1", "203.0.113.8"),
            // The client's own header precedes the entry of the proxy.
            ("203.0.113.0/24", "203.0.113.7", "10.0.0.1, 198.51.100.1", "198.51.100.1"),
            // API Gateway appends the proxy's address, and a proxy may be behind another one.
            ("203.0.113.7", "203.0.113.7", "198.51.100.1,203.0.113.7", "198.51.100.1"),
            ("203.0.113.7, 192.0.2.0/24", "203.0.113.7", "198.51.100.1, 192.0.2.9", "198.51.100.1"),
            ("2001:db8::/32", "2001:db8::1", "2001:db9::5", "2001:db9::5"),
            ("203.0.113.7", "203.0.113.7", "::ffff:198.51.100.1", "198.51.100.1"),
            ("203.0.113.7", "203.0.113.7", "unknown", "203.0.113.7"),
            ("203.0.113.7", "203.0.113.7", "198.51.100.1, _hidden", "203.0.113.7"),
            ("203.0.113.7", "203.0.113.7", "", "203.0.113.7"),
        ] {
            let proxies = trusted(&[("TRUSTED_PROXIES", proxies)]).expect("networks");
            let found = proxies.client(peer.parse().expect("an address"), &headers(&[("x-forwarded-for", header)]));
            assert_eq!(found.to_string(), client, "{peer} {header}");
        }
    }

    /// SR-10, T-10
    #[test]
    fn forwarded_address_is_believed_from_a_proxy_with_the_secret_only() {
        const SECRET: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        for (secret, sent, header, client) in [
            // CloudFront appends the address of its viewer, and API Gateway that of CloudFront.
            (SECRET, SECRET, "198.51.100.1", "198.51.100.1"),
            (SECRET, SECRET, "198.51.100.1,203.0.113.7", "198.51.100.1"),
            // The secret is that of the last proxy. The viewer's own header precedes its entry, whatever it names.
            (SECRET, SECRET, "10.0.0.1, 198.51.100.1, 203.0.113.7", "198.51.100.1"),
            (SECRET, SECRET, "203.0.113.7, 198.51.100.1, 203.0.113.7", "198.51.100.1"),
            (SECRET, SECRET, "", "203.0.113.7"),
            (SECRET, "", "198.51.100.1", "203.0.113.7"),
            (SECRET, &SECRET[1..], "198.51.100.1", "203.0.113.7"),
            (SECRET, "198.51.100.1", "198.51.100.1", "203.0.113.7"),
            // Without a secret, no header has the right one.
            ("", "", "198.51.100.1", "203.0.113.7"),
            ("", SECRET, "198.51.100.1", "203.0.113.7"),
        ] {
            let proxies = trusted(&[("PROXY_SECRET", secret)]).expect("a strong secret");
            let headers = headers(&[(PROXY_SECRET, sent), ("x-forwarded-for", header)]);
            let found = proxies.client("203.0.113.7".parse().expect("an address"), &headers);
            assert_eq!(found.to_string(), client, "{sent} {header}");
        }
    }

    /// T-19
    #[test]
    fn malformed_network_or_weak_secret_is_named() {
        for text in ["proxy.example", "203.0.113.7/33", "203.0.113", "*"] {
            let error = trusted(&[("TRUSTED_PROXIES", &format!("10.0.0.1, {text}"))]).expect_err(text);
            assert!(error.to_string().contains(&format!(": {text} ")), "{error}");
        }
        let error = trusted(&[("PROXY_SECRET", "short")]).expect_err("a weak secret");
        assert!(error.to_string().contains("PROXY_SECRET: 5 bytes"), "{error}");
    }

    fn trusted(variables: &[(&str, &str)]) -> Result<TrustedProxies, StartError> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        TrustedProxies::from_env(&variables.collect())
    }

    fn headers(named: &[(&'static str, &'static str)]) -> HeaderMap {
        named.iter().map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }
}
