//! Faults of the endpoint without a token.

use http::{Method, StatusCode};

use super::{Case, RESOURCE_OF_MCP, case, is_html, is_unsigned};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("/mcp is redirected", &["connection.redirect", "challenge.status"], |asked, answer| {
            if is_unsigned(asked) && asked.method != Method::OPTIONS {
                answer.status = StatusCode::TEMPORARY_REDIRECT;
                answer.set("location", "/mcp/");
            }
        }),
        case("403 for 401", &["challenge.status", "challenge.invalid-token"], |_, answer| {
            if answer.status == StatusCode::UNAUTHORIZED
                && answer.headers.contains_key("www-authenticate")
                && answer.body.contains("token")
            {
                answer.status = StatusCode::FORBIDDEN;
            }
        }),
        case("200 for 401", &["challenge.status"], |asked, answer| {
            if is_unsigned(asked) && answer.status == StatusCode::UNAUTHORIZED {
                answer.status = StatusCode::OK;
            }
        }),
        case("nothing at GET /mcp", &["challenge.status"], |asked, answer| {
            if asked.path == "/mcp" && asked.method == Method::GET && is_unsigned(asked) {
                answer.status = StatusCode::NOT_FOUND;
            }
        }),
        case("no challenge", &["challenge.header"], |asked, answer| {
            if asked.path == "/mcp" {
                answer.drop("www-authenticate");
            }
        }),
        case("a challenge without the metadata", &["challenge.header"], |asked, answer| {
            if is_unsigned(asked) && answer.status == StatusCode::UNAUTHORIZED {
                answer.set("www-authenticate", "Bearer");
            }
        }),
        case("the challenge renamed", &["challenge.renamed"], |_, answer| {
            if let Some(challenge) = answer.headers.remove("www-authenticate") {
                answer.headers.insert("x-amzn-remapped-www-authenticate", challenge);
            }
        }),
        case("a relative challenge", &["challenge.metadata-url"], |asked, answer| {
            if asked.path == "/mcp" && answer.status == StatusCode::UNAUTHORIZED {
                answer.set(
                    "www-authenticate",
                    &format!("Bearer resource_metadata=\"{RESOURCE_OF_MCP}\", error=\"invalid_token\""),
                );
            }
        }),
        case("a challenge to another origin", &["challenge.metadata-url", "discovery.named"], |asked, answer| {
            if asked.path == "/mcp" && answer.status == StatusCode::UNAUTHORIZED {
                answer.set(
                    "www-authenticate",
                    "Bearer resource_metadata=\"http://127.0.0.1:9/metadata\", error=\"invalid_token\"",
                );
            }
        }),
        case("a stage in the challenge", &["challenge.stage", "discovery.named"], |_, answer| {
            let challenge = answer.header("www-authenticate");
            if challenge.contains("resource_metadata") {
                answer.set("www-authenticate", &challenge.replace("/.well-known", "/prod/.well-known"));
            }
        }),
        case("HTML for an error at /mcp", &["challenge.json"], |asked, answer| {
            if is_unsigned(asked) && answer.status == StatusCode::UNAUTHORIZED {
                let challenge = answer.header("www-authenticate");
                is_html(answer, 401);
                answer.set("www-authenticate", &challenge);
            }
        }),
        case("a wrong clock", &["timing.clock"], |_, answer| answer.set("date", "Tue, 01 Jan 2030 00:00:00 GMT")),
    ]
}
