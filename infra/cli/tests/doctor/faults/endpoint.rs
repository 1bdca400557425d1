//! Faults of the endpoint with a token, and of refresh.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Case, case, is_html};
use crate::server::Fault;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("tools that a page can't read", &["mcp.browser"], |asked, answer| {
            if asked.path == "/mcp" && asked.header("authorization").starts_with("Bearer ey") {
                answer.drop("access-control-allow-origin");
            }
        }),
        (
            "the newest refresh token is dead",
            &["refresh.next"],
            Fault::new({
                let refreshes = AtomicUsize::new(0);
                move |asked, answer| {
                    let is_refresh = asked.path == "/oauth/token" && asked.says("refresh_token=jm");
                    // It follows the refresh beside a second connection, the twenty concurrent ones and the late one.
                    if is_refresh && refreshes.fetch_add(1, Ordering::Relaxed) == 22 {
                        answer.refuse(400, "invalid_grant");
                    }
                }
            }),
        ),
        case("a token given and refused", &["mcp.token-accepted", "refresh.tokens-accepted"], |asked, answer| {
            if asked.path == "/mcp" && asked.header("authorization").starts_with("Bearer ey") {
                answer.refuse(401, "invalid_token");
            }
        }),
        case("an older program", &["mcp.version"], |asked, answer| {
            if asked.path == "/mcp" {
                answer.replace(&format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION")), "\"version\":\"0.0.1\"");
            }
        }),
        case("old revisions refused", &["mcp.revisions"], |asked, answer| {
            if asked.path == "/mcp" && asked.says("2024-11-05") {
                answer.refuse(400, "unsupported");
            }
        }),
        case("the revision compared strictly", &["mcp.unknown-revision"], |asked, answer| {
            if asked.says("2099-01-01") {
                answer.refuse(400, "unsupported protocol version");
            }
        }),
        case("discovery unknown", &["mcp.discover"], |asked, answer| {
            if asked.header("mcp-method") == "server/discover" {
                answer.refuse(404, "unknown");
            }
        }),
        case("Accept taken by the letter", &["mcp.accept"], |asked, answer| {
            if asked.path == "/mcp"
                && asked.header("authorization").starts_with("Bearer ey")
                && asked.header("accept") == "*/*"
            {
                answer.refuse(406, "not acceptable");
            }
        }),
        case("no tools for research", &["mcp.tools"], |asked, answer| {
            if asked.says("tools/list") {
                answer.replace("\"name\":\"fetch\"", "\"name\":\"get\"");
            }
        }),
        case("another user's memory", &["mcp.whoami"], |asked, answer| {
            if asked.says("whoami") {
                answer.replace("ada@example.org", "eve@example.org");
            }
        }),
        case("malformed JSON crashes it", &["mcp.errors"], |asked, answer| {
            if asked.path == "/mcp" && asked.body == "{" {
                is_html(answer, 500);
            }
        }),
        (
            "of refreshes at once one wins",
            &["refresh.storm", "refresh.grace"],
            Fault::new({
                let refreshes = AtomicUsize::new(0);
                move |asked, answer| {
                    let is_refresh = asked.says("refresh_token=jm");
                    // Of the twenty concurrent refreshes and the late one, which follow the refresh beside a second connection,
                    // only the first succeeds.
                    if is_refresh
                        && asked.path == "/oauth/token"
                        && (2..22).contains(&refreshes.fetch_add(1, Ordering::Relaxed))
                    {
                        answer.refuse(400, "invalid_grant");
                    }
                }
            }),
        ),
        case("revocation fails", &["token.revocation", "refresh.revocation"], |asked, answer| {
            if asked.path == "/oauth/revoke" {
                answer.refuse(500, "server_error");
            }
        }),
    ]
}
