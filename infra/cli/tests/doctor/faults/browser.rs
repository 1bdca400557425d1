//! Faults of CORS.

use http::Method;

use super::{Case, case};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("preflights refused", &["cors.preflight"], |asked, answer| {
            if asked.method == Method::OPTIONS {
                answer.refuse(401, "unauthorized");
            }
        }),
        case("a header of MCP not allowed", &["cors.headers"], |asked, answer| {
            if asked.method == Method::OPTIONS {
                let allowed = answer.header("access-control-allow-headers").replace("mcp-protocol-version", "x");
                answer.set("access-control-allow-headers", &allowed);
            }
        }),
        case("answers that can't be read", &["cors.answers"], |asked, answer| {
            if asked.method != Method::OPTIONS {
                answer.drop("access-control-allow-origin");
            }
        }),
        case("the challenge not exposed", &["cors.exposed"], |_, answer| answer.drop("access-control-expose-headers")),
        case("every origin allowed", &["cors.foreign"], |asked, answer| {
            if !asked.header("origin").is_empty() {
                answer.set("access-control-allow-origin", "*");
            }
        }),
    ]
}
