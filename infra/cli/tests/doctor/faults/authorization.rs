//! Faults of the authorization endpoint and its pages.

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use http::StatusCode;

use super::{Case, case, is_html};
use crate::server::Fault;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("no page for Claude", &["authorization.page", "sign-in.page"], |asked, answer| {
            if asked.path == "/oauth/authorize" && asked.query.contains("%2Fmcp&") {
                is_html(answer, 500);
            }
        }),
        case("the loopback port compared", &["authorization.loopback-port"], |asked, answer| {
            if asked.path == "/oauth/authorize" && asked.query.contains("redirect_uri=http%3A%2F%2Flocalhost%3A") {
                is_html(answer, 400);
            }
        }),
        case("an open redirector", &["authorization.foreign-address"], |asked, answer| {
            if asked.path == "/oauth/authorize" && asked.query.contains("foreign.example") {
                answer.status = StatusCode::FOUND;
                answer.set("location", "https://foreign.example/callback?error=invalid_request");
            }
        }),
        case("unknown clients sent on", &["authorization.unknown-client"], |asked, answer| {
            if asked.path == "/oauth/authorize" && asked.query.contains("unknown") {
                answer.status = StatusCode::FOUND;
                answer.set("location", "https://claude.ai/api/mcp/auth_callback?error=unauthorized_client");
            }
        }),
        case("no challenge needed", &["authorization.pkce-missing"], |asked, answer| {
            if asked.path == "/oauth/authorize"
                && !asked.query.contains("code_challenge")
                && answer.status == StatusCode::FOUND
            {
                is_html(answer, 200);
            }
        }),
        case("plain taken", &["authorization.pkce-plain"], |asked, answer| {
            if asked.query.contains("code_challenge_method=plain") {
                is_html(answer, 200);
            }
        }),
        case("no iss in the answer", &["authorization.iss", "sign-in.return", "sign-in.second-click"], |_, answer| {
            let location = answer.header("location");
            if let Some((before, _)) = location.split_once("&iss=") {
                answer.set("location", before);
            }
        }),
        case("a resource with a slash refused", &["authorization.resource"], |asked, answer| {
            if asked.query.contains("mcp%2F&") {
                answer.status = StatusCode::FOUND;
                answer.set("location", "https://claude.ai/api/mcp/auth_callback?error=invalid_target");
            }
        }),
        case("pages that can be framed", &["authorization.framing"], |_, answer| {
            answer.drop("content-security-policy")
        }),
        case("form-action on the sign-in page", &["authorization.form-action"], |asked, answer| {
            if asked.path == "/oauth/authorize" && answer.body.contains("/oauth/sign-in") {
                let policy = answer.header("content-security-policy");
                answer.set("content-security-policy", &format!("{policy}; form-action 'self'"));
            }
        }),
        case("form-action on the consent page", &["sign-in.form-action"], |_, answer| {
            if answer.body.contains("/oauth/consent") {
                let policy = answer.header("content-security-policy");
                answer.set("content-security-policy", &format!("{policy}; form-action 'self'"));
            }
        }),
        case("no way to claude.ai", &["authorization.metadata-document"], |asked, answer| {
            if asked.query.contains("mcp-oauth-client-metadata") {
                is_html(answer, 400);
            }
        }),
        case("a page without a form", &["sign-in.page"], |_, answer| answer.replace("type=\"password\"", "type=\"x\"")),
        case("a consent page that hides who asks", &["sign-in.consent"], |_, answer| {
            answer.replace("Claude", "An app")
        }),
        case("a page that works only once loaded", &["sign-in.loaded-twice"], {
            |asked, answer| {
                static USED: Mutex<Option<HashSet<String>>> = Mutex::new(None);
                if asked.path != "/oauth/sign-in" {
                    return;
                }
                // The first copy submitted for each request is treated as outdated.
                let is_new = USED.lock().expect("unharmed").get_or_insert_default().insert(asked.query.clone());
                if is_new {
                    is_html(answer, 400);
                }
            }
        }),
        (
            "a second click shows an error",
            &["sign-in.second-click"],
            Fault::new({
                let clicks = AtomicUsize::new(0);
                move |asked, answer| {
                    if asked.path == "/oauth/consent" && clicks.fetch_add(1, Ordering::Relaxed) > 0 {
                        is_html(answer, 400);
                    }
                }
            }),
        ),
    ]
}
