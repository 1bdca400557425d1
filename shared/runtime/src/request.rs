//! Request metadata from API Gateway: the request id and the source address.

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Instant,
};

use axum::{
    extract::{FromRequestParts, Request},
    middleware::Next,
    response::Response,
};
use http::request::Parts;
use lambda_http::request::RequestContext;
use tracing::Instrument;

tokio::task_local! {
    static REQUEST_ID: String;
}

/// The id of the current request. Error pages show it as a reference, and every log line carries it.
#[derive(Debug, Clone, Copy)]
pub struct RequestId;

impl RequestId {
    /// The id that API Gateway assigned; empty outside of a request.
    pub fn current() -> String {
        REQUEST_ID.try_with(Clone::clone).unwrap_or_default()
    }
}

/// Sets the request id and logs one line per request. The path is logged and the query never, since it can carry codes.
pub async fn trace(request: Request, next: Next) -> Response {
    let request_id = match request.extensions().get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone().unwrap_or_default(),
        _ => String::new(),
    };
    let span = tracing::info_span!("request", request_id, method = %request.method(), path = request.uri().path());
    let begun = Instant::now();
    REQUEST_ID
        .scope(
            request_id,
            async move {
                let response = next.run(request).await;
                tracing::info!(
                    status = response.status().as_u16(),
                    ms = begun.elapsed().as_millis() as u64,
                    "answered"
                );
                response
            }
            .instrument(span),
        )
        .await
}

/// The client's IP address as API Gateway saw it. Never a header, which an attacker can forge (T-10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceAddress(Option<IpAddr>);

impl SourceAddress {
    /// The key for throttles. An IPv6 subscriber controls a whole /64, which therefore counts as one source.
    pub fn throttle_key(&self) -> String {
        match self.0 {
            None => "unknown".into(),
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
                Some(address) => address.to_string(),
                None => {
                    let [a, b, c, d, ..] = address.segments();
                    format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
                }
            },
        }
    }
}

impl<S: Sync> FromRequestParts<S> for SourceAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let address = match parts.extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => {
                context.http.source_ip.as_deref().and_then(|ip| ip.parse().ok())
            }
            _ => None,
        };
        Ok(Self(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T-10
    #[test]
    fn source_is_an_ipv4_address_or_an_ipv6_network() {
        for (address, key) in [
            ("203.0.113.7", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ] {
            assert_eq!(SourceAddress(address.parse().ok()).throttle_key(), key);
        }
    }
}
