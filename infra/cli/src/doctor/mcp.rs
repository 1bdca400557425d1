//! The endpoint with a token: protocol revisions, `Accept` headers, and a read-only tool.

use http::Method;
use serde_json::{Value, json};

use super::{
    answer::{Outcome, Reply},
    challenge::initialize,
    cors::INSPECTOR,
    examination::Account,
    exchange::Connected,
    report::{Check, Judgement, Problem},
    target::Target,
    timing::TimedStep,
    wire::{Probe, Wire},
};

/// The checks of this stage.
pub(super) const CHECKS: [Check<Endpoint>; 10] = [
    Check("mcp.token-accepted", token_accepted),
    Check("mcp.version", version),
    Check("mcp.revisions", revisions),
    Check("mcp.unknown-revision", unknown_revision),
    Check("mcp.discover", discover),
    Check("mcp.accept", accept),
    Check("mcp.tools", tools),
    Check("mcp.whoami", whoami),
    Check("mcp.errors", errors),
    Check("mcp.browser", browser),
];

const MODERN: &str = "2026-07-28";
/// Revisions with an `initialize` handshake.
const REVISIONS: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
/// `Accept` headers of clients. Old SDKs send less than the specification requires.
const ACCEPTS: [&str; 4] = ["application/json, text/event-stream", "application/json", "text/event-stream", "*/*"];
const FIX: &str = "See the log of the mcp function: `sam logs`, or what `jean serve` prints.";

/// The responses.
pub(super) struct Endpoint {
    email: Option<String>,
    opened: Outcome,
    /// The handshake and the following request, per revision.
    revisions: Vec<(&'static str, Outcome, Outcome)>,
    unknown: Outcome,
    discovered: Outcome,
    accepted: Vec<(&'static str, Outcome)>,
    tools: Outcome,
    whoami: Outcome,
    malformed: Outcome,
    stream: Outcome,
    page: Outcome,
}

/// Initialises with each revision and calls a read-only tool.
pub(super) async fn observe(
    wire: &Wire,
    target: &Target,
    connected: &Connected,
    account: Option<&Account>,
) -> Endpoint {
    let bearer = format!("Bearer {}", connected.access_token);
    let post = |body: &Value| Probe::json(&target.mcp, body).header("authorization", bearer.as_str());
    let usual = |body: &Value| post(body).header("accept", "application/json, text/event-stream");
    let modern = |method: &str, mut params: Value| {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let name = params["name"].as_str().map(String::from);
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let ask = usual(&body).header("mcp-protocol-version", MODERN).header("mcp-method", method);
        match name {
            Some(name) => ask.header("mcp-name", name),
            None => ask,
        }
    };
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let opened = wire.send(usual(&initialize(REVISIONS[0])).step(TimedStep::Endpoint)).await;
    let mut revisions = Vec::new();
    for revision in REVISIONS {
        let handshake = wire.send(usual(&initialize(revision)).step(TimedStep::Endpoint)).await;
        let tools = wire.send(usual(&list).header("mcp-protocol-version", revision)).await;
        revisions.push((revision, handshake, tools));
    }
    let mut accepted = Vec::new();
    for accept in ACCEPTS {
        let ask = post(&list).header("mcp-protocol-version", REVISIONS[0]).header("accept", accept);
        accepted.push((accept, wire.send(ask).await));
    }
    let stream = Probe::new(Method::GET, &target.mcp)
        .header("accept", "text/event-stream")
        .header("authorization", bearer.as_str());
    Endpoint {
        email: account.map(|account| account.email.as_str().to_owned()),
        opened,
        revisions,
        accepted,
        unknown: wire.send(usual(&initialize("2099-01-01"))).await,
        discovered: wire.send(modern("server/discover", json!({}))).await,
        tools: wire.send(modern("tools/list", json!({}))).await,
        whoami: wire.send(modern("tools/call", json!({ "name": "whoami", "arguments": {} }))).await,
        malformed: wire.send(usual(&json!(null)).body("{")).await,
        stream: wire.send(stream).await,
        page: wire.send(usual(&list).header("origin", INSPECTOR)).await,
    }
}

/// Returns the result of a call. The check is skipped if the token was rejected, to avoid repeating the same failure.
fn result(endpoint: &Endpoint, seen: &Outcome) -> Result<Value, Problem> {
    token_accepted(endpoint).map_err(|problem| problem.as_skipped())?;
    let answer: &Reply = seen.as_ref()?;
    let body = answer.json_with(200, FIX)?;
    match body["result"].is_object() {
        true => Ok(body["result"].clone()),
        false => Err(Problem::fail(answer.summary_with_error(), FIX)),
    }
}

fn token_accepted(endpoint: &Endpoint) -> Judgement {
    let answer = endpoint.opened.as_ref()?;
    match answer.status.as_u16() {
        401 | 403 => Err(Problem::fail(
            format!("a newly issued token is rejected: {}", answer.summary_with_error()),
            "Token and mcp functions must share JWT_SECRET_ARN and PUBLIC_URL (template.yaml), and nothing before them may remove \
             the Authorization header.",
        )),
        _ => Ok("a newly issued token is accepted".into()),
    }
}

fn version(endpoint: &Endpoint) -> Judgement {
    let server = result(endpoint, &endpoint.opened)?["serverInfo"].clone();
    let (name, version) = (server["name"].as_str().unwrap_or_default(), server["version"].as_str().unwrap_or_default());
    if name == "jean-memory" && version != env!("CARGO_PKG_VERSION") {
        return Err(Problem::warn(
            format!("the server is {version}, this program {}", env!("CARGO_PKG_VERSION")),
            "Use the program of the same version, or deploy again: `sam build` and `sam deploy`.",
        ));
    }
    Ok(format!("{name} {version}"))
}

fn revisions(endpoint: &Endpoint) -> Judgement {
    for (revision, handshake, tools) in &endpoint.revisions {
        let agreed = result(endpoint, handshake)?["protocolVersion"].clone();
        if agreed != *revision {
            return Err(Problem::fail(format!("a client of {revision} is answered with {agreed}"), FIX));
        }
        result(endpoint, tools).map_err(|problem| problem.about(revision))?;
    }
    Ok(format!("a handshake and a list of tools in each of {}", REVISIONS.join(", ")))
}

fn unknown_revision(endpoint: &Endpoint) -> Judgement {
    token_accepted(endpoint).map_err(|problem| problem.as_skipped())?;
    let answer = endpoint.unknown.as_ref()?;
    let agreed = answer.json()?["result"]["protocolVersion"].as_str().map(String::from);
    match agreed {
        Some(agreed) if agreed != "2099-01-01" => Ok(format!("an unknown revision is answered with {agreed}")),
        _ => Err(Problem::fail(
            format!("a client of a newer revision: {}; a known one must be offered", answer.summary_with_error()),
            "Deploy the newest version; check for a filter on revisions before the function.",
        )),
    }
}

fn discover(endpoint: &Endpoint) -> Judgement {
    let found = result(endpoint, &endpoint.discovered)?;
    let versions = found["supportedVersions"].as_array().map_or(0, Vec::len);
    match found["resultType"].is_string() && found["supportedVersions"].to_string().contains(MODERN) {
        true => Ok(format!("server/discover names {versions} revisions, {MODERN} among them")),
        false => Err(Problem::fail(format!("server/discover does not name {MODERN}"), FIX)),
    }
}

fn accept(endpoint: &Endpoint) -> Judgement {
    for (accept, seen) in &endpoint.accepted {
        result(endpoint, seen).map_err(|problem| problem.about(&format!("Accept: {}", accept)))?;
    }
    Ok("every Accept header gets JSON".into())
}

fn tools(endpoint: &Endpoint) -> Judgement {
    let listed = result(endpoint, &endpoint.tools)?["tools"].clone();
    let names: Vec<_> = listed.as_array().into_iter().flatten().filter_map(|tool| tool["name"].as_str()).collect();
    let missing: Vec<_> =
        ["search_memory", "add_memory", "search", "fetch"].into_iter().filter(|tool| !names.contains(tool)).collect();
    match missing.is_empty() {
        true => Ok(format!("{} tools, search and fetch for ChatGPT's research among them", names.len())),
        false => Err(Problem::warn(
            format!("{} tools, without {}", names.len(), missing.join(", ")),
            "Check that the connection was allowed to write, and that this software answers.",
        )),
    }
}

fn whoami(endpoint: &Endpoint) -> Judgement {
    let content = result(endpoint, &endpoint.whoami)?["structuredContent"].clone();
    let (email, client) =
        (content["email"].as_str().unwrap_or_default(), content["client"].as_str().unwrap_or_default());
    match endpoint.email.as_deref().is_some_and(|ours| ours.eq_ignore_ascii_case(email)) {
        true => Ok(format!("a tool answers: {email}, by the client {client}")),
        false => Err(Problem::fail(format!("whoami says {email:?}, which is not the user who signed in"), FIX)),
    }
}

/// With a valid token, errors are JSON-RPC or HTTP errors.
fn errors(endpoint: &Endpoint) -> Judgement {
    token_accepted(endpoint).map_err(|problem| problem.as_skipped())?;
    let malformed = endpoint.malformed.as_ref()?;
    let error = malformed.json_with(400, FIX)?;
    if error["error"]["code"] != -32700 {
        return Err(Problem::fail(format!("malformed JSON is answered with {}", error["error"]["code"]), FIX));
    }
    match endpoint.stream.as_ref()?.status.as_u16() {
        405 => Ok("malformed JSON is -32700, and GET is 405".into()),
        status => Err(Problem::fail(format!("GET with a token: {status} instead of 405; SDKs wait for a stream"), FIX)),
    }
}

fn browser(endpoint: &Endpoint) -> Judgement {
    result(endpoint, &endpoint.page)?;
    match endpoint.page.as_ref()?.header("access-control-allow-origin") {
        Some(origin) if origin == INSPECTOR || origin == "*" => Ok("a page on localhost can list the tools".into()),
        _ => Err(Problem::fail("a page on localhost cannot read the response", "See cors.answers.")),
    }
}
