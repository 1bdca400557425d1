//! Faults of the token endpoint.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::StatusCode;

use super::{Case, case, is_html};
use crate::server::Fault;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case(
            "invalid_grant masked by 429",
            &[
                "token.dead-refresh-token",
                "token.rate-limit",
                "token.json",
                "exchange.verifier",
                "exchange.replay",
                "refresh.revocation",
            ],
            |_, answer| {
                if answer.body.contains("invalid_grant") {
                    answer.refuse(429, "slow_down");
                }
            },
        ),
        (
            "a client that retries limited",
            &["token.rate-limit"],
            Fault::new({
                let dead = AtomicUsize::new(0);
                move |asked, answer| {
                    if asked.says("refresh_token=dead") && dead.fetch_add(1, Ordering::Relaxed) == 9 {
                        answer.refuse(429, "slow_down");
                    }
                }
            }),
        ),
        case("JSON not read", &["token.json", "exchange.json"], |asked, answer| {
            if asked.path == "/oauth/token" && asked.header("content-type") == "application/json" {
                answer.refuse(415, "invalid_request");
            }
        }),
        case("an unknown client is a dead grant", &["token.unknown-client"], |_, answer| {
            if answer.body.contains("invalid_client") {
                answer.refuse(400, "invalid_grant");
            }
        }),
        case("tokens cached", &["token.no-store", "exchange.no-store", "refresh.no-store"], |asked, answer| {
            if asked.path == "/oauth/token" {
                answer.set("cache-control", "public, max-age=60");
            }
        }),
        case(
            "HTML for errors of the token endpoint",
            &["token.dead-refresh-token", "token.json", "exchange.verifier", "exchange.replay", "refresh.revocation"],
            |asked, answer| {
                if asked.path == "/oauth/token" && answer.status == StatusCode::BAD_REQUEST {
                    let cache = answer.header("cache-control");
                    is_html(answer, 400);
                    answer.set("cache-control", &cache);
                }
            },
        ),
        case("no tokens for a code", &["exchange.tokens"], |asked, answer| {
            if asked.says("code=") && answer.status == StatusCode::OK {
                answer.refuse(500, "server_error");
            }
        }),
        case("no refresh token", &["exchange.tokens"], |asked, answer| {
            if asked.says("authorization_code") {
                answer.replace("\"refresh_token\"", "\"x\"");
            }
        }),
        case("a lifetime that is not true", &["exchange.claims"], |_, answer| {
            answer.replace("\"expires_in\":3600", "\"expires_in\":60")
        }),
        (
            "a second connection ends the first",
            &["exchange.second-device"],
            Fault::new({
                let refreshes = AtomicUsize::new(0);
                move |asked, answer| {
                    let is_refresh = asked.path == "/oauth/token" && asked.says("refresh_token=jm");
                    if is_refresh && refreshes.fetch_add(1, Ordering::Relaxed) == 0 {
                        answer.refuse(400, "invalid_grant");
                    }
                }
            }),
        ),
        case("a verifier that does not matter", &["exchange.verifier"], |asked, answer| {
            if asked.says("code_verifier=not-the-verifier") {
                answer.status = StatusCode::OK;
            }
        }),
    ]
}
