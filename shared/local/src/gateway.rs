//! API Gateway between a client and a function: selects the route, limits the body and adds the request context.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    Json, Router,
    body::{self, Body},
    extract::{ConnectInfo, Request},
    response::{IntoResponse, Response},
    routing::{MethodRouter, any},
};
use http::{Extensions, Method, StatusCode, header, request::Parts};
use lambda_http::{
    aws_lambda_events::apigw::ApiGatewayV2httpRequestContext, request::RequestContext, tower::ServiceExt,
};
use serde_json::json;

use crate::{
    settings::StackSettings,
    template::{DEFAULT_PATH, Route},
};

/// API Gateway's limit for the body of a request to an HTTP API, in bytes.
const BODY_BYTES: usize = 10 * 1024 * 1024;

/// Builds the router of all routes. Routes of functions that are not in `functions` are omitted. The function of the
/// default route answers requests that match no other, and API Gateway's 404 if there is no such route.
pub(crate) fn router(routes: &[Route], functions: &BTreeMap<String, Router>, settings: &StackSettings) -> Router {
    let mut paths: BTreeMap<&str, Vec<RouteTarget>> = BTreeMap::new();
    let mut default = None;
    for route in routes {
        let Some(function) = functions.get(&route.function) else { continue };
        let target = RouteTarget { method: route.method.clone(), key: route.key(), function: function.clone() };
        match route.path.as_str() {
            DEFAULT_PATH => default = Some(target),
            path => paths.entry(path).or_default().push(target),
        }
    }
    let default: Arc<[RouteTarget]> = default.into_iter().collect();
    let mut router = Router::new();
    for (path, targets) in paths {
        let targets: Arc<_> = targets.into_iter().chain(default.iter().cloned()).collect();
        router = router.route(&axum_path(path), handler(targets, settings));
    }
    router.fallback(handler(default, settings))
}

/// A handler that passes the request to the first of `targets` with its method.
fn handler(targets: Arc<[RouteTarget]>, settings: &StackSettings) -> MethodRouter {
    let settings = settings.clone();
    any(move |request: Request| {
        let (targets, settings) = (Arc::clone(&targets), settings.clone());
        async move { answer(&targets, &settings, request).await }
    })
}

/// The function that answers one method of a path.
#[derive(Clone)]
struct RouteTarget {
    method: Option<Method>,
    key: String,
    function: Router,
}

async fn answer(targets: &[RouteTarget], settings: &StackSettings, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    // A route with a method has precedence over ANY.
    let target = targets.iter().find(|target| target.method.as_ref() == Some(&parts.method));
    let Some(target) = target.or_else(|| targets.iter().find(|target| target.method.is_none())) else {
        return not_found();
    };
    let Ok(body) = body::to_bytes(body, BODY_BYTES).await else {
        return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    // The function gets the extensions that a Lambda event has, and none of this router.
    let context = context(&parts, &target.key, settings);
    parts.extensions = Extensions::new();
    parts.extensions.insert(RequestContext::ApiGatewayV2(context));
    target.function.clone().oneshot(Request::from_parts(parts, Body::from(body))).await.into_response()
}

fn context(parts: &Parts, key: &str, settings: &StackSettings) -> ApiGatewayV2httpRequestContext {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    let mut context = ApiGatewayV2httpRequestContext::default();
    context.route_key = Some(key.into());
    context.stage = Some("$default".into());
    context.request_id = Some(settings.random.id());
    context.time_epoch = settings.clock.now().as_millisecond();
    context.http.method = parts.method.clone();
    context.http.path = Some(parts.uri.path().into());
    context.http.protocol = Some(format!("{:?}", parts.version));
    context.http.source_ip = Some(peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)).to_string());
    let user_agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    context.http.user_agent = user_agent.map(Into::into);
    context
}

/// Converts a path from API Gateway's notation to axum's: the greedy `{x+}` becomes `{*x}`.
fn axum_path(path: &str) -> String {
    let segments =
        path.split('/').map(|segment| match segment.strip_prefix('{').and_then(|segment| segment.strip_suffix("+}")) {
            Some(rest) => format!("{{*{rest}}}"),
            None => segment.into(),
        });
    segments.collect::<Vec<_>>().join("/")
}

fn not_found() -> Response {
    message(StatusCode::NOT_FOUND, "Not Found")
}

fn message(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "message": message }))).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{extract::Path, routing::get};
    use jean_runtime::{Clock, Random, SourceAddress, TrustedProxies};

    use super::*;

    fn gateway() -> Router {
        let function = Router::new()
            .route("/a/{x}/{y}", any(async |Path((x, y)): Path<(String, String)>| format!("{x} {y}")))
            .route(
                "/source",
                get(async |source: SourceAddress| source.throttle_key()).with_state(TrustedProxies::default()),
            )
            .route("/files/{*rest}", any(async |Path(rest): Path<String>| rest))
            .route(
                "/size",
                any(async |body: Body| {
                    body::to_bytes(body, usize::MAX)
                        .await
                        .map_or_else(|error| error.to_string(), |body| body.len().to_string())
                }),
            );
        let other = Router::new().fallback(async || "other");
        let route = |method: Option<Method>, path: &str, function: &str| Route {
            method,
            path: path.into(),
            function: function.into(),
        };
        let routes = [
            route(None, "/a/{x}/{y}", "function"),
            route(Some(Method::POST), "/a/{x}/{y}", "other"),
            route(Some(Method::GET), "/source", "function"),
            route(None, "/files/{rest+}", "function"),
            route(None, "/size", "function"),
        ];
        let settings = StackSettings {
            public_url: "http://localhost:3000".parse().expect("valid"),
            secrets: crate::settings::LocalSecrets {
                signing: "x".repeat(32).into(),
                root: "y".repeat(32).into(),
                private_key: None,
            },
            clock: Clock::new(|| jiff::Timestamp::UNIX_EPOCH),
            random: Random::new(|buffer| buffer.fill(7)),
            parameters: BTreeMap::new(),
        };
        super::router(&routes, &BTreeMap::from([("function".into(), function), ("other".into(), other)]), &settings)
    }

    async fn call(method: Method, path: &str, body: Vec<u8>, from: Option<&str>) -> (u16, String) {
        let mut request = Request::builder().method(method).uri(path).body(Body::from(body)).expect("a request");
        if let Some(address) = from {
            let address: SocketAddr = address.parse().expect("an address");
            request.extensions_mut().insert(ConnectInfo(address));
        }
        let response = gateway().oneshot(request).await.expect("answers");
        let status = response.status().as_u16();
        let body = body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, String::from_utf8(body.to_vec()).expect("text"))
    }

    #[tokio::test]
    async fn request_reaches_the_function_of_its_route() {
        assert_eq!(call(Method::GET, "/a/1/2", vec![], None).await, (200, "1 2".into()));
        assert_eq!(call(Method::POST, "/a/1/2", vec![], None).await, (200, "other".into()));
        assert_eq!(call(Method::GET, "/files/b/c", vec![], None).await, (200, "b/c".into()));
    }

    #[tokio::test]
    async fn unknown_route_is_the_404_of_api_gateway() {
        let not_found = (404, r#"{"message":"Not Found"}"#.to_string());
        assert_eq!(call(Method::GET, "/", vec![], None).await, not_found);
        assert_eq!(call(Method::GET, "/a/1/2/", vec![], None).await, not_found);
        assert_eq!(call(Method::HEAD, "/source", vec![], None).await.0, 404);
        assert_eq!(call(Method::POST, "/source", vec![], None).await, not_found);
    }

    #[tokio::test]
    async fn function_gets_the_source_address() {
        assert_eq!(call(Method::GET, "/source", vec![], None).await.1, "127.0.0.1");
        assert_eq!(call(Method::GET, "/source", vec![], Some("203.0.113.7:1")).await.1, "203.0.113.7");
    }

    #[tokio::test]
    async fn body_over_10_megabytes_is_413() {
        let largest = vec![0; BODY_BYTES];
        assert_eq!(call(Method::POST, "/size", largest, None).await, (200, BODY_BYTES.to_string()));
        assert_eq!(call(Method::POST, "/size", vec![0; BODY_BYTES + 1], None).await.0, 413);
    }
}
