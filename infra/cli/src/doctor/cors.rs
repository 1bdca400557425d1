//! CORS: access for clients that are pages in a browser, such as the Inspector.

use http::Method;
use serde_json::json;

use super::{
    answer::{Outcome, Reply},
    challenge::initialize,
    discovery::AuthorizationServer,
    report::{Check, Judgement, Problem},
    target::Target,
    wire::{Probe, Wire},
};

/// The checks of this stage.
pub(super) const CHECKS: [Check<Cors>; 5] = [
    Check("cors.preflight", preflight),
    Check("cors.headers", headers),
    Check("cors.answers", answers),
    Check("cors.exposed", exposed),
    Check("cors.foreign", foreign),
];

/// The origin of the Inspector. Every port of localhost is always allowed.
pub(super) const INSPECTOR: &str = "http://localhost:6274";
const FOREIGN: &str = "https://foreign.example";
/// Request headers of browser clients that need a preflight.
const HEADERS: [&str; 7] =
    ["authorization", "content-type", "accept", "mcp-protocol-version", "mcp-method", "mcp-name", "mcp-session-id"];
const FIX: &str = "The functions answer CORS themselves, OPTIONS too: every route must be ANY, and nothing before them may remove \
                    the headers or answer OPTIONS. Origins other than localhost are listed in AllowedOrigins.";

/// The responses to a page.
pub(super) struct Cors {
    preflights: Vec<Outcome>,
    answers: Vec<Outcome>,
    challenge: Outcome,
    foreign: Vec<Outcome>,
}

/// Sends requests as a browser does: first the preflight, then the request.
pub(super) async fn observe(wire: &Wire, target: &Target, server: Option<&AuthorizationServer>) -> Cors {
    let metadata = ["/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server"]
        .map(|path| target.at(path));
    let read = metadata.into_iter().chain([target.path_suffixed()]);
    let token = server.map(|server| server.token_endpoint.clone());
    let registration = server.and_then(|server| server.registration_endpoint.clone());
    let written: Vec<_> = token.iter().chain(&registration).cloned().collect();
    let endpoints: Vec<_> = read
        .map(|url| (Method::GET, url))
        .chain(written.iter().map(|url| (Method::POST, url.clone())))
        .chain([(Method::POST, target.mcp.clone())])
        .collect();
    let (mut preflights, mut answers) = (Vec::new(), Vec::new());
    for (method, url) in endpoints {
        let question = Probe::new(Method::OPTIONS, &url)
            .header("origin", INSPECTOR)
            .header("access-control-request-method", method.as_str())
            .header("access-control-request-headers", HEADERS.join(","));
        preflights.push(wire.send(question).await);
        let request = match method {
            Method::GET => Probe::get(&url),
            _ => Probe::json(&url, &json!({})),
        };
        answers.push(wire.send(request.header("origin", INSPECTOR)).await);
    }
    let greeting = |origin| Probe::json(&target.mcp, &initialize("2025-11-25")).header("origin", origin);
    let challenge = wire.send(greeting(INSPECTOR)).await;
    let foreign = vec![
        wire.send(greeting(FOREIGN)).await,
        wire.send(Probe::get(&target.path_suffixed()).header("origin", FOREIGN)).await,
    ];
    Cors { preflights, answers, challenge, foreign }
}

fn allows(answer: &Reply, origin: &str) -> bool {
    answer.header("access-control-allow-origin").is_some_and(|allowed| allowed == origin || allowed == "*")
}

fn listed(answer: &Reply, list: &str) -> Vec<String> {
    let lists = answer.headers.get_all(list).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect()
}

fn preflight(cors: &Cors) -> Judgement {
    for answer in &cors.preflights {
        let answer = answer.as_ref()?;
        if !answer.status.is_success() || !allows(answer, INSPECTOR) {
            return Err(Problem::fail(
                format!("{} for a page on localhost, and does not allow it", answer.summary()),
                FIX,
            ));
        }
    }
    Ok(format!("a page on localhost may call all {} URLs", cors.preflights.len()))
}

fn headers(cors: &Cors) -> Judgement {
    for answer in &cors.preflights {
        let answer = answer.as_ref()?;
        let allowed = listed(answer, "access-control-allow-headers");
        // `*` does not stand for Authorization (Fetch §4.8).
        let is_allowed = |name: &str| allowed.iter().any(|a| a == name || (a == "*" && name != "authorization"));
        let missing: Vec<_> = HEADERS.into_iter().filter(|name| !is_allowed(name)).collect();
        if answer.status.is_success() && allows(answer, INSPECTOR) && !missing.is_empty() {
            return Err(Problem::fail(format!("{} does not allow {}", answer.asked, missing.join(", ")), FIX));
        }
    }
    Ok("all headers of MCP clients are allowed".into())
}

fn answers(cors: &Cors) -> Judgement {
    for answer in cors.answers.iter().chain([&cors.challenge]) {
        let answer = answer.as_ref()?;
        if !allows(answer, INSPECTOR) {
            return Err(Problem::fail(
                format!("{} without Access-Control-Allow-Origin: the page cannot read it", answer.summary()),
                FIX,
            ));
        }
    }
    Ok("responses are readable, errors included".into())
}

fn exposed(cors: &Cors) -> Judgement {
    let answer = cors.challenge.as_ref()?;
    let exposed = listed(answer, "access-control-expose-headers");
    match exposed.iter().any(|name| name == "www-authenticate") {
        true => Ok("WWW-Authenticate is exposed".into()),
        false => Err(Problem::fail("WWW-Authenticate is not exposed: a page cannot start OAuth", FIX)),
    }
}

fn foreign(cors: &Cors) -> Judgement {
    for answer in &cors.foreign {
        let answer = answer.as_ref()?;
        if allows(answer, FOREIGN) {
            return Err(Problem::warn(
                format!("{} lets any page read it", answer.asked),
                "List the origins that need it in AllowedOrigins, and let nothing in front add Access-Control-Allow-Origin: *.",
            ));
        }
    }
    Ok("a page of a foreign origin is refused".into())
}
