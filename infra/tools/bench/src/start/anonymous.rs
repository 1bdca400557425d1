//! The requests of callers without credentials, each with the largest query or body that reaches its function (SR-01).
//!
//! API Gateway passes on 10,240 bytes of request line and headers, and an event of 6 MB. A function that admits less answers
//! an error, which costs its own reading only. A caller without credentials never makes a function hash a password here: the
//! form of a page is refused before.

use std::{error::Error, fmt::Write as _};

use http::Request;

use super::{
    functions::{self, Functions},
    limits::Limits,
    scenario::{Requests, Scenario},
};

/// The largest query: request line and headers have 10,240 bytes.
const QUERY_BYTES: usize = 9_000;
/// The largest form that a function reads.
const FORM_BYTES: usize = 64 * 1024;
/// The largest registration.
const REGISTRATION_BYTES: usize = 8 * 1024;
/// The largest body in an event of 6 MB; its other parts take some kilobytes.
const EVENT_BYTES: usize = 5_900_000;
/// The most control characters in such an event, which has an escape of six bytes for each.
const CONTROL_CHARACTERS: usize = EVENT_BYTES / 6;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Every anonymous route with its largest requests.
pub(crate) fn scenarios(functions: &Functions<'_>) -> Result<Vec<Scenario>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for (name, path) in [
        ("protected resource metadata", "/.well-known/oauth-protected-resource/mcp"),
        ("server metadata", "/.well-known/oauth-authorization-server"),
        ("start page", "/"),
        ("authorization", "/oauth/authorize"),
        ("account", "/account"),
        ("sign-in page", "/account/sign-in"),
        ("sign-up page", "/account/sign-up"),
        ("password page", "/account/password"),
        ("MCP without a token", "/mcp"),
    ] {
        let request = Request::get(format!("{path}?{}", distinct_names(QUERY_BYTES))).body(String::new())?;
        rows.push((name, path, request));
    }
    let unknown = Request::get(format!("/{}", "a/".repeat(QUERY_BYTES / 2))).body(String::new())?;
    rows.push(("no such path", "/", unknown));
    let post = |path: &str, content_type: &str, body: String| {
        let request = Request::post(path).header("content-type", content_type).header("sec-fetch-site", "same-origin");
        request.header("origin", "null").header("x-api-key", format!("jmk_{}", "A".repeat(43))).body(body)
    };
    for (name, path) in [
        ("sign-in", "/oauth/sign-in"),
        ("consent", "/oauth/consent"),
        ("sign-out", "/oauth/sign-out"),
        ("token", "/oauth/token"),
        ("revocation", "/oauth/revoke"),
        ("account sign-in", "/account/sign-in"),
        ("sign-up", "/account/sign-up"),
        ("password link", "/account/password"),
        ("sign-in with a provider", "/federate"),
    ] {
        rows.push((name, path, post(path, FORM, distinct_names(FORM_BYTES))?));
    }
    rows.push(("registration", "/oauth/register", post("/oauth/register", JSON, registration())?));
    for (name, path, content_type) in [
        ("registration, 6 MB", "/oauth/register", JSON),
        ("token, 6 MB", "/oauth/token", FORM),
        ("sign-in, 6 MB", "/oauth/sign-in", FORM),
        ("MCP without a token, 6 MB", "/mcp", JSON),
    ] {
        rows.push((name, path, post(path, content_type, "a".repeat(EVENT_BYTES))?));
    }
    // An event has two bytes for a quotation mark.
    rows.push((
        "token, 3 MB of quotation marks",
        "/oauth/token",
        post("/oauth/token", FORM, "\"".repeat(EVENT_BYTES / 2))?,
    ));
    rows.push((
        "token, 1 MB of control characters",
        "/oauth/token",
        post("/oauth/token", FORM, "\u{1}".repeat(CONTROL_CHARACTERS))?,
    ));
    // The route has parameters, so its function is found by another one.
    let wrong_key = post("/mcp/v2/claude/ada", JSON, "a".repeat(EVENT_BYTES))?;
    rows.push(("old endpoint with a wrong key, 6 MB", "/mcp", wrong_key));
    let scenario = |(name, path, request): (_, &str, Request<String>)| {
        let requests = Requests::Anonymous(functions::event(&request));
        let limits = match request.body().len() {
            ..CONTROL_CHARACTERS => Limits::ANONYMOUS,
            CONTROL_CHARACTERS => Limits::ESCAPED_EVENT,
            _ => Limits::LARGEST_EVENT,
        };
        Ok(Scenario { function: functions.at(path)?, name, limits, repeated: 5, requests })
    };
    rows.into_iter().map(scenario).collect()
}

/// Parameters of different names, `a0=&a1=&…`. Comparing them in pairs once took a second.
fn distinct_names(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes);
    for number in 0.. {
        if text.len() + 12 > bytes {
            break;
        }
        write!(text, "a{number}=&").expect("text");
    }
    text
}

/// A client with ten redirect URIs, as long as they may be.
fn registration() -> String {
    let uri = |number: usize| format!("https://client.example/{number}/{}", "a".repeat(480));
    let uris: Vec<_> = (0..10).map(uri).collect();
    let mut body = serde_json::json!({"client_name": "A client", "redirect_uris": uris, "x": ""});
    let rest = REGISTRATION_BYTES - body.to_string().len();
    body["x"] = "a".repeat(rest).into();
    body.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SR-01
    #[test]
    fn largest_requests_fill_their_limits() {
        assert_eq!(registration().len(), REGISTRATION_BYTES);
        assert!((FORM_BYTES - 24..=FORM_BYTES).contains(&distinct_names(FORM_BYTES).len()));
    }
}
