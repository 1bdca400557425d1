//! The host of a request, which has to be this server's (SR-19).
//!
//! A page of another site can point its own host name to 127.0.0.1 (DNS rebinding) and then send requests to the local
//! server as if they were of the same origin. Such requests name the other host.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header, uri::Authority};
use jean_auth::public_url::PublicUrl;

/// The hosts that reach this server: its public URL, and the names of the local interface with its port.
#[derive(Debug, Clone)]
pub(crate) struct OwnHosts(Vec<String>);

impl OwnHosts {
    /// The hosts of a server on a local port. A tunnel passes on the host of the public URL, or replaces it with a local one.
    pub(crate) fn of(port: u16, public_url: &PublicUrl) -> Self {
        let mut hosts = ["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{name}:{port}")).to_vec();
        let (_, public) = public_url.issuer().split_once("://").unwrap_or_default();
        if !hosts.iter().any(|host| host == public) {
            hosts.push(public.into());
        }
        Self(hosts)
    }

    fn include(&self, authority: &Authority) -> bool {
        // Without a port it is the default one: 443 behind the public URL, or 80.
        let names = match authority.port_u16() {
            None => [authority.to_string(), format!("{authority}:80")],
            Some(443) => [authority.to_string(), authority.as_str().trim_end_matches(":443").into()],
            Some(_) => [authority.to_string(), authority.to_string()],
        };
        self.0.iter().any(|own| names.iter().any(|name| own.eq_ignore_ascii_case(name)))
    }
}

/// Middleware that answers 421 (RFC 9110 §15.5.20) to requests for another host.
pub(crate) async fn require(State(own): State<OwnHosts>, request: Request, next: Next) -> Response {
    let in_header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()?.parse().ok());
    let authority = request.uri().authority().cloned().or(in_header);
    if authority.is_some_and(|authority| own.include(&authority)) {
        return next.run(request).await;
    }
    let names = own.0.join(", ");
    let advice = "For another address, restart it with: jean serve --public-url URL";
    (StatusCode::MISDIRECTED_REQUEST, format!("This server answers to {names} only. {advice}\n")).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{
        Router,
        body::{Body, to_bytes},
        middleware::from_fn_with_state,
        routing::get,
    };
    use tower::ServiceExt;

    use super::*;

    /// SR-19
    #[tokio::test]
    async fn only_own_hosts_are_answered() {
        let router = |port: u16, public: &str| {
            let local = format!("http://localhost:{port}");
            let public = if public.is_empty() { &local } else { public };
            let own = OwnHosts::of(port, &public.parse().expect("valid"));
            Router::new().route("/", get(())).layer(from_fn_with_state(own, require))
        };
        let far = "https://memory.example.com";
        for (port, public, host, status) in [
            (3000, far, "memory.example.com", 200),
            (3000, far, "Memory.Example.com:443", 200),
            (3000, far, "localhost:3000", 200),
            (3000, far, "memory.example.com:3000", 421),
            (3000, far, "evil.example", 421),
            (3000, "https://memory.example.com:8443", "memory.example.com:8443", 200),
            (3000, "https://memory.example.com:8443", "memory.example.com", 421),
            (3000, "", "localhost:3000", 200),
            (3000, "", "LOCALHOST:3000", 200),
            (3000, "", "127.0.0.1:3000", 200),
            (3000, "", "[::1]:3000", 200),
            (80, "", "localhost", 200),
            (3000, "", "localhost", 421),
            (3000, "", "localhost:3001", 421),
            (3000, "", "evil.example", 421),
            (3000, "", "evil.example:3000", 421),
            (3000, "", "localhost.evil.example:3000", 421),
            (3000, "", "localhost:3000.evil.example", 421),
            (3000, "", "evil@localhost:3000", 421),
            (3000, "", "0.0.0.0:3000", 421),
            (3000, "", "", 421),
        ] {
            let request = Request::builder().uri("/").header(header::HOST, host).body(Body::empty()).expect("valid");
            let answer = router(port, public).oneshot(request).await.expect("infallible");
            assert_eq!(answer.status(), status, "{host} on port {port} of {public}");
        }
        let without = Request::builder().uri("/").body(Body::empty()).expect("valid");
        let refused = router(3000, "").oneshot(without).await.expect("infallible");
        assert_eq!(refused.status(), 421);
        let told = to_bytes(refused.into_body(), 1000).await.expect("a body");
        assert!(String::from_utf8_lossy(&told).contains("jean serve --public-url URL"));
    }
}
