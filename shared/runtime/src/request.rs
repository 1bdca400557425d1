//! What the edge knows of a request: its id, and where it came from.

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

/// The id of the request that is being answered: the reference a person is shown, and every log line carries.
#[derive(Debug, Clone, Copy)]
pub struct RequestId;

impl RequestId {
    /// The id API Gateway gave the request; empty outside of one.
    pub fn current() -> String {
        REQUEST_ID.try_with(Clone::clone).unwrap_or_default()
    }
}

/// Gives every request its id and its one line in the log. The path is logged, the query never: it carries codes.
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

/// Where a request came from, as the edge saw it: never a header, which anybody can write (T-10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceAddress(Option<IpAddr>);

impl SourceAddress {
    /// What throttles count by. An IPv6 customer has a whole /64, so it counts as one source.
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

    #[test]
    fn a_source_is_an_ipv4_address_or_an_ipv6_network_t10() {
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
