//! Faults of registration.

use http::StatusCode;

use super::{Case, case, is_html};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("client_secret_post refused", &["registration.claude", "registration.repeated"], |asked, answer| {
            if asked.says("client_secret_post") {
                answer.refuse(400, "invalid_client_metadata");
            }
        }),
        case("Claude given no secret", &["registration.claude"], |asked, answer| {
            if asked.path == "/oauth/register" && asked.says("client_secret_post") {
                answer.replace("\"client_secret\"", "\"x\"");
            }
        }),
        case("private_key_jwt refused", &["registration.chatgpt"], |asked, answer| {
            if asked.path == "/oauth/register" && asked.says("private_key_jwt") {
                answer.refuse(400, "invalid_client_metadata");
            }
        }),
        case("addresses of apps left out", &["registration.cursor"], |_, answer| {
            answer.replace("\"cursor://anysphere.cursor-mcp/oauth/callback\",", "")
        }),
        case("one odd address fails the whole", &["registration.odd-address"], |asked, answer| {
            if asked.path == "/oauth/register" && asked.says("javascript:") {
                answer.refuse(400, "invalid_redirect_uri");
            }
        }),
        case("one odd field fails the whole", &["registration.odd-field"], |asked, answer| {
            if asked.says("contacts") {
                answer.refuse(400, "invalid_client_metadata");
            }
        }),
        case("HTML when registration is refused", &["registration.refusal"], |asked, answer| {
            if asked.path == "/oauth/register" && answer.status == StatusCode::BAD_REQUEST && asked.says("Nowhere") {
                is_html(answer, 400);
            }
        }),
        case("loopback addresses refused", &["registration.claude-code"], |asked, answer| {
            if asked.path == "/oauth/register" && asked.says("Claude Code") {
                answer.refuse(400, "invalid_redirect_uri");
            }
        }),
    ]
}
