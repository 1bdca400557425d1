//! The endpoint with a token in hand: every revision, every way to ask, and a tool that changes nothing.

use http::Method;
use serde_json::{Value, json};

use super::{
    Account, Target,
    answer::{Answer, Seen},
    challenge::initialize,
    cors::INSPECTOR,
    exchange::Connected,
    report::{Check, Judgement, Trouble},
    timing::Step,
    wire::{Ask, Wire},
};

/// What is looked at.
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
/// Those that open with a handshake.
const REVISIONS: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
/// What clients say they take. SDKs that are years old say less than the letter wants.
const ACCEPTS: [&str; 4] = ["application/json, text/event-stream", "application/json", "text/event-stream", "*/*"];
const MEND: &str = "See the log of the mcp function: `sam logs`, or what `jean serve` prints.";

/// The answers.
pub(super) struct Endpoint {
    email: Option<String>,
    opened: Seen,
    /// The handshake, and what a client does next.
    revisions: Vec<(&'static str, Seen, Seen)>,
    unknown: Seen,
    discovered: Seen,
    accepted: Vec<(&'static str, Seen)>,
    tools: Seen,
    whoami: Seen,
    malformed: Seen,
    stream: Seen,
    page: Seen,
}

/// Opens conversations, and calls a tool that only reads.
pub(super) async fn observe(
    wire: &Wire,
    target: &Target,
    connected: &Connected,
    account: Option<&Account>,
) -> Endpoint {
    let bearer = format!("Bearer {}", connected.access_token);
    let post = |body: &Value| Ask::json(&target.mcp, body).header("authorization", bearer.as_str());
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
    let opened = wire.send(usual(&initialize(REVISIONS[0])).step(Step::Endpoint)).await;
    let mut revisions = Vec::new();
    for revision in REVISIONS {
        let handshake = wire.send(usual(&initialize(revision)).step(Step::Endpoint)).await;
        let tools = wire.send(usual(&list).header("mcp-protocol-version", revision)).await;
        revisions.push((revision, handshake, tools));
    }
    let mut accepted = Vec::new();
    for accept in ACCEPTS {
        let ask = post(&list).header("mcp-protocol-version", REVISIONS[0]).header("accept", accept);
        accepted.push((accept, wire.send(ask).await));
    }
    let stream = Ask::new(Method::GET, &target.mcp)
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

/// The result of a call; whatever comes after a refused token would say the same again.
fn result(endpoint: &Endpoint, seen: &Seen) -> Result<Value, Trouble> {
    token_accepted(endpoint).map_err(|trouble| trouble.as_skipped())?;
    let answer: &Answer = seen.as_ref()?;
    let body = answer.json_with(200, MEND)?;
    match body["result"].is_object() {
        true => Ok(body["result"].clone()),
        false => Err(Trouble::fail(answer.told(), MEND)),
    }
}

fn token_accepted(endpoint: &Endpoint) -> Judgement {
    let answer = endpoint.opened.as_ref()?;
    match answer.status.as_u16() {
        401 | 403 => Err(Trouble::fail(
            format!("a token that was just given is refused: {}", answer.told()),
            "Token and mcp functions have to share JWT_SECRET_ARN and PUBLIC_URL (template.yaml), and nothing before them may take \
             the Authorization header away.",
        )),
        _ => Ok("a token that was just given is taken".into()),
    }
}

fn version(endpoint: &Endpoint) -> Judgement {
    let server = result(endpoint, &endpoint.opened)?["serverInfo"].clone();
    let (name, version) = (server["name"].as_str().unwrap_or_default(), server["version"].as_str().unwrap_or_default());
    if name == "jean-memory" && version != env!("CARGO_PKG_VERSION") {
        return Err(Trouble::warn(
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
            return Err(Trouble::fail(format!("a client of {revision} is answered with {agreed}"), MEND));
        }
        result(endpoint, tools).map_err(|trouble| trouble.about(revision))?;
    }
    Ok(format!("a handshake and a list of tools in each of {}", REVISIONS.join(", ")))
}

fn unknown_revision(endpoint: &Endpoint) -> Judgement {
    token_accepted(endpoint).map_err(|trouble| trouble.as_skipped())?;
    let answer = endpoint.unknown.as_ref()?;
    let agreed = answer.json()?["result"]["protocolVersion"].as_str().map(String::from);
    match agreed {
        Some(agreed) if agreed != "2099-01-01" => Ok(format!("a revision of the future is answered with {agreed}")),
        _ => Err(Trouble::fail(
            format!("a client of a newer revision: {}; it is to be offered one that is known", answer.told()),
            "Deploy the newest version; is something before the function checking revisions?",
        )),
    }
}

fn discover(endpoint: &Endpoint) -> Judgement {
    let found = result(endpoint, &endpoint.discovered)?;
    let versions = found["supportedVersions"].as_array().map_or(0, Vec::len);
    match found["resultType"].is_string() && found["supportedVersions"].to_string().contains(MODERN) {
        true => Ok(format!("server/discover names {versions} revisions, {MODERN} among them")),
        false => Err(Trouble::fail(format!("server/discover does not name {MODERN}"), MEND)),
    }
}

fn accept(endpoint: &Endpoint) -> Judgement {
    for (accept, seen) in &endpoint.accepted {
        result(endpoint, seen).map_err(|trouble| trouble.about(&format!("Accept: {}", accept)))?;
    }
    Ok("whatever a client says it takes, it gets JSON".into())
}

fn tools(endpoint: &Endpoint) -> Judgement {
    let listed = result(endpoint, &endpoint.tools)?["tools"].clone();
    let names: Vec<_> = listed.as_array().into_iter().flatten().filter_map(|tool| tool["name"].as_str()).collect();
    let missing: Vec<_> =
        ["search_memory", "add_memory", "search", "fetch"].into_iter().filter(|tool| !names.contains(tool)).collect();
    match missing.is_empty() {
        true => Ok(format!("{} tools, search and fetch for ChatGPT's research among them", names.len())),
        false => Err(Trouble::warn(
            format!("{} tools, without {}", names.len(), missing.join(", ")),
            "Was the connection allowed to write? Is it this software that answers?",
        )),
    }
}

fn whoami(endpoint: &Endpoint) -> Judgement {
    let told = result(endpoint, &endpoint.whoami)?["structuredContent"].clone();
    let (email, client) = (told["email"].as_str().unwrap_or_default(), told["client"].as_str().unwrap_or_default());
    match endpoint.email.as_deref().is_some_and(|ours| ours.eq_ignore_ascii_case(email)) {
        true => Ok(format!("a tool answers: {email}, by the client {client}")),
        false => Err(Trouble::fail(format!("whoami says {email:?}, and somebody else signed in"), MEND)),
    }
}

/// Authentication comes first; then each mistake is told as JSON-RPC or HTTP has it.
fn errors(endpoint: &Endpoint) -> Judgement {
    token_accepted(endpoint).map_err(|trouble| trouble.as_skipped())?;
    let malformed = endpoint.malformed.as_ref()?;
    let error = malformed.json_with(400, MEND)?;
    if error["error"]["code"] != -32700 {
        return Err(Trouble::fail(format!("malformed JSON is answered with {}", error["error"]["code"]), MEND));
    }
    match endpoint.stream.as_ref()?.status.as_u16() {
        405 => Ok("malformed JSON is -32700, and a stream that is not there 405".into()),
        status => {
            Err(Trouble::fail(format!("GET with a token: {status} in place of 405; SDKs wait for a stream"), MEND))
        }
    }
}

fn browser(endpoint: &Endpoint) -> Judgement {
    result(endpoint, &endpoint.page)?;
    match endpoint.page.as_ref()?.header("access-control-allow-origin") {
        Some(origin) if origin == INSPECTOR || origin == "*" => Ok("a page on localhost reads the tools".into()),
        _ => Err(Trouble::fail("a page on localhost can't read the answer", "See cors.answers.")),
    }
}
