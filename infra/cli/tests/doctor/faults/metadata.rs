//! Faults of the metadata documents.

use http::Method;

use super::{Case, RESOURCE, RESOURCE_OF_MCP, SERVER, case, is_html};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("no metadata at the suffixed path", &["discovery.path-suffixed", "discovery.named"], |asked, answer| {
            if asked.path == RESOURCE_OF_MCP && asked.method == Method::GET {
                answer.refuse(404, "not found");
            }
        }),
        case("no metadata at the root", &["discovery.root"], |asked, answer| {
            if asked.path == RESOURCE && asked.method == Method::GET {
                answer.refuse(404, "not found");
            }
        }),
        case("a slash after resource", &["discovery.resource"], |_, answer| {
            answer.replace("/mcp\",\"authorization_servers", "/mcp/\",\"authorization_servers")
        }),
        case("no authorization server", &["discovery.authorization-servers", "discovery.issuer"], |asked, answer| {
            if asked.path.starts_with(RESOURCE) {
                answer.body = answer.body.replace("authorization_servers", "authorisation_servers");
            }
        }),
        case("HTML for the server's metadata", &["discovery.server"], |asked, answer| {
            if asked.path == SERVER && asked.method == Method::GET {
                is_html(answer, 200);
            }
        }),
        case("a slash after the issuer", &["discovery.issuer", "authorization.iss"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace("\",\"authorization_endpoint", "/\",\"authorization_endpoint");
            }
        }),
        case("no revocation endpoint", &["discovery.endpoints"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace("\"revocation_endpoint\"", "\"x\"");
            }
        }),
        case("a stage in the endpoints", &["discovery.stage", "token.revocation"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace("/oauth/revoke", "/prod/oauth/revoke");
            }
        }),
        case("an endpoint elsewhere", &["discovery.endpoints"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace("\"token_endpoint\":\"http", "\"token_endpoint\":\"https");
            }
        }),
        case("S256 not listed", &["discovery.s256"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace("\"S256\"", "\"plain\"");
            }
        }),
        case("none not listed", &["discovery.none"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace("\"none\",", "");
            }
        }),
        case("no offline_access", &["discovery.offline-access"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace(",\"offline_access\"", "");
            }
        }),
        case("no way to register", &["discovery.ways-to-register"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace("\"registration_endpoint\"", "\"x\"");
                answer.replace("\"client_id_metadata_document_supported\":true", "\"y\":true");
            }
        }),
        case("no registration beside documents", &["discovery.ways-to-register"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace("\"registration_endpoint\"", "\"x\"");
            }
        }),
        case("iss not advertised", &["discovery.iss"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace("\"authorization_response_iss_parameter_supported\":true", "\"x\":true");
            }
        }),
        case("the host of the request in the metadata", &["discovery.host"], |asked, answer| {
            if asked.path == SERVER {
                let host = asked.header("host");
                answer.replace("\"service_documentation\":\"", &format!("\"service_documentation\":\"https://{host}"));
            }
        }),
        case("a forwarded host in the metadata", &["discovery.host"], |asked, answer| {
            if asked.path == SERVER && !asked.header("x-forwarded-host").is_empty() {
                answer.replace(
                    "\"token_endpoint\":\"",
                    &format!("\"token_endpoint\":\"https://{}", asked.header("x-forwarded-host")),
                );
            }
        }),
    ]
}
