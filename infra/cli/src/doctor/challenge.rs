//! The 401 that starts OAuth, and the location of the metadata in its `WWW-Authenticate` header.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    answer::{Outcome, Reply},
    report::{Check, Judgement, Problem},
    target::Target,
    timing::TimedStep,
    wire::{Probe, Wire},
};

/// The checks of this stage.
pub(super) const CHECKS: [Check<ReceivedChallenge>; 7] = [
    Check("challenge.status", status),
    Check("challenge.renamed", renamed),
    Check("challenge.header", header),
    Check("challenge.metadata-url", metadata_url),
    Check("challenge.stage", stage),
    Check("challenge.json", is_json),
    Check("challenge.invalid-token", invalid_token),
];

const HEADER: &str = "www-authenticate";
/// The name to which some API Gateway types rename the header.
const RENAMED: &str = "x-amzn-remapped-www-authenticate";

/// The responses to requests without a valid token.
pub(super) struct ReceivedChallenge {
    target: Target,
    /// Claude's first request.
    post: Outcome,
    /// The first request of some SDKs.
    get: Outcome,
    /// A request with a forged token.
    forged: Outcome,
}

/// Returns an MCP `initialize` request.
pub(super) fn initialize(revision: &str) -> Value {
    json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": revision,
            "capabilities": {},
            "clientInfo": { "name": "jean-doctor", "version": env!("CARGO_PKG_VERSION") },
        },
    })
}

/// Sends requests without a token and with a forged one.
pub(super) async fn observe(wire: &Wire, target: &Target) -> ReceivedChallenge {
    let post =
        || Probe::json(&target.mcp, &initialize("2025-11-25")).header("accept", "application/json, text/event-stream");
    ReceivedChallenge {
        target: target.clone(),
        post: wire.send(post().step(TimedStep::Endpoint)).await,
        get: wire.send(Probe::new(Method::GET, &target.mcp).header("accept", "text/event-stream")).await,
        forged: wire.send(post().header("authorization", "Bearer forged")).await,
    }
}

impl ReceivedChallenge {
    /// The metadata URL named in the challenge.
    pub(super) fn metadata_url(&self) -> Option<String> {
        self.post.as_ref().ok().and_then(named)
    }

    /// Returns the response to the first request if no request was challenged, as by another server.
    pub(super) fn unchallenged(&self) -> Option<&Reply> {
        let is_challenge = |answer: &Reply| answer.status == StatusCode::UNAUTHORIZED || challenge_of(answer).is_some();
        let replies = [&self.post, &self.get, &self.forged].map(|seen| seen.as_ref().ok());
        if replies.into_iter().flatten().any(is_challenge) { None } else { replies[0] }
    }
}

/// The challenge under either header name.
fn challenge_of(answer: &Reply) -> Option<&str> {
    answer.header(HEADER).or_else(|| answer.header(RENAMED))
}

fn named(answer: &Reply) -> Option<String> {
    let (_, rest) = challenge_of(answer)?.split_once("resource_metadata=")?;
    let rest = rest.trim_start_matches('"');
    let end = rest.find(['"', ',', ' ']).unwrap_or(rest.len());
    Some(rest[..end].into())
}

fn status(challenge: &ReceivedChallenge) -> Judgement {
    for answer in [challenge.post.as_ref()?, challenge.get.as_ref()?] {
        if answer.status.as_u16() != 401 {
            let fix = match answer.status.as_u16() {
                404 => {
                    "Nothing is routed there: see McpRoute in template.yaml; the API has to be on its $default stage."
                }
                403 => {
                    "Clients treat 403 as a broken server: check for an authorizer, a firewall or a host allow-list before the function."
                }
                200..300 => "The endpoint is open without a token: check what answers instead of the function.",
                _ => "See the log of the mcp function: `sam logs`, or what `jean serve` prints.",
            };
            return Err(Problem::fail(format!("{} instead of 401", answer.summary_with_error()), fix));
        }
    }
    Ok("401 to POST and to GET".into())
}

fn renamed(challenge: &ReceivedChallenge) -> Judgement {
    let answer = challenge.post.as_ref()?;
    match (answer.header(HEADER), answer.header(RENAMED)) {
        (None, Some(_)) => Err(Problem::fail(
            format!("WWW-Authenticate arrives as {RENAMED}"),
            "Map it back on the way out: the API's integration of the mcp function needs ResponseParameters for 401 and 403 with \
             overwrite:header.www-authenticate (template.yaml). Clients that do not look for the metadata elsewhere stop here.",
        )),
        _ => Ok("WWW-Authenticate keeps its name".into()),
    }
}

fn header(challenge: &ReceivedChallenge) -> Judgement {
    for answer in [challenge.post.as_ref()?, challenge.get.as_ref()?] {
        let fix = "The mcp function sends it with every 401: check what drops or rewrites WWW-Authenticate on the way (CDN, proxy, response mapping).";
        let Some(challenge) = challenge_of(answer) else {
            return Err(Problem::fail(format!("the answer to {} has no WWW-Authenticate", answer.asked), fix));
        };
        if !challenge.to_ascii_lowercase().starts_with("bearer") || named(answer).is_none() {
            return Err(Problem::fail(format!("{}: `{challenge}` names no resource_metadata", answer.asked), fix));
        }
    }
    let answer = challenge.post.as_ref()?;
    Ok(format!("it names {}", named(answer).unwrap_or_default()))
}

fn metadata_url(challenge: &ReceivedChallenge) -> Judgement {
    let Some(named) = named(challenge.post.as_ref()?) else {
        return Err(Problem::skipped("no resource_metadata to look at"));
    };
    let fix = format!("The value comes from PublicUrl, which must be {}.", challenge.target.origin);
    if url::Url::parse(&named).is_err() {
        return Err(Problem::fail(format!("resource_metadata is relative: {named}"), fix));
    }
    if !named.starts_with(&challenge.target.at("/")) {
        return Err(Problem::fail(format!("resource_metadata leads to another origin: {named}"), fix));
    }
    Ok("absolute, and of this origin".into())
}

fn stage(challenge: &ReceivedChallenge) -> Judgement {
    let Some(named) = named(challenge.post.as_ref()?) else {
        return Err(Problem::skipped("no resource_metadata to look at"));
    };
    match named.split_once("/.well-known/") {
        Some((before, _)) if before.trim_end_matches('/').split('/').count() > 3 => Err(Problem::fail(
            format!("the address has something before /.well-known: {named}"),
            "The API's stage has to be $default, so that its paths begin at the root; template.yaml has it so.",
        )),
        _ => Ok("no stage in the address".into()),
    }
}

fn is_json(challenge: &ReceivedChallenge) -> Judgement {
    for answer in [challenge.post.as_ref()?, challenge.forged.as_ref()?] {
        answer.json()?;
    }
    Ok("errors are JSON".into())
}

fn invalid_token(challenge: &ReceivedChallenge) -> Judgement {
    let answer = challenge.forged.as_ref()?;
    let said = challenge_of(answer).unwrap_or_default();
    if answer.status.as_u16() != 401 {
        return Err(Problem::fail(
            format!("a forged token: {} instead of 401", answer.summary_with_error()),
            "Clients refresh on 401 alone: look for an authorizer or firewall before the mcp function.",
        ));
    }
    // A missing header is reported by the check of the header.
    if !said.is_empty() && !said.contains("invalid_token") {
        return Err(Problem::warn(
            format!("a forged token is refused without error=\"invalid_token\": {said}"),
            "Something rewrites WWW-Authenticate on the way; clients may ask the user to sign in instead of refreshing.",
        ));
    }
    Ok("a forged token is refused with 401".into())
}
