//! The 401 that starts OAuth, and the header in it that says where to go on.

use http::Method;
use serde_json::{Value, json};

use super::{
    Target,
    answer::{Answer, Seen},
    report::{Check, Judgement, Trouble},
    timing::Step,
    wire::{Ask, Wire},
};

/// What is looked at.
pub(super) const CHECKS: [Check<Challenge>; 7] = [
    Check("challenge.status", status),
    Check("challenge.renamed", renamed),
    Check("challenge.header", header),
    Check("challenge.metadata-url", metadata_url),
    Check("challenge.stage", stage),
    Check("challenge.json", is_json),
    Check("challenge.invalid-token", invalid_token),
];

const HEADER: &str = "www-authenticate";
/// What API Gateway makes of it in some of its forms.
const RENAMED: &str = "x-amzn-remapped-www-authenticate";

/// The answers to requests without a good token.
pub(super) struct Challenge {
    target: Target,
    /// The first thing Claude sends.
    post: Seen,
    /// The first thing some SDKs send.
    get: Seen,
    /// A token that nobody issued.
    forged: Seen,
}

/// The opening of a conversation.
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

/// Asks without a token, and with a bad one.
pub(super) async fn observe(wire: &Wire, target: &Target) -> Challenge {
    let post =
        || Ask::json(&target.mcp, &initialize("2025-11-25")).header("accept", "application/json, text/event-stream");
    Challenge {
        target: target.clone(),
        post: wire.send(post().step(Step::Endpoint)).await,
        get: wire.send(Ask::new(Method::GET, &target.mcp).header("accept", "text/event-stream")).await,
        forged: wire.send(post().header("authorization", "Bearer forged")).await,
    }
}

impl Challenge {
    /// Where the challenge says that the metadata are.
    pub(super) fn metadata_url(&self) -> Option<String> {
        self.post.as_ref().ok().and_then(named)
    }
}

/// The challenge, by the one name or the other.
fn challenge_of(answer: &Answer) -> Option<&str> {
    answer.header(HEADER).or_else(|| answer.header(RENAMED))
}

fn named(answer: &Answer) -> Option<String> {
    let (_, rest) = challenge_of(answer)?.split_once("resource_metadata=")?;
    let rest = rest.trim_start_matches('"');
    let end = rest.find(['"', ',', ' ']).unwrap_or(rest.len());
    Some(rest[..end].into())
}

fn status(challenge: &Challenge) -> Judgement {
    for answer in [challenge.post.as_ref()?, challenge.get.as_ref()?] {
        if answer.status.as_u16() != 401 {
            let mend = match answer.status.as_u16() {
                404 => {
                    "Nothing is routed there: see McpRoute in template.yaml; the API has to be on its $default stage."
                }
                403 => {
                    "Clients take 403 for a broken server: look for an authorizer, a firewall or a list of allowed hosts before the function."
                }
                200..300 => "The endpoint is open to everybody: look for what answers in place of the function.",
                _ => "See the log of the mcp function: `sam logs`, or what `jean serve` prints.",
            };
            return Err(Trouble::fail(format!("{} in place of 401", answer.told()), mend));
        }
    }
    Ok("401 to POST and to GET".into())
}

fn renamed(challenge: &Challenge) -> Judgement {
    let answer = challenge.post.as_ref()?;
    match (answer.header(HEADER), answer.header(RENAMED)) {
        (None, Some(_)) => Err(Trouble::fail(
            format!("WWW-Authenticate arrives as {RENAMED}"),
            "Map it back on the way out: the API's integration of the mcp function needs ResponseParameters for 401 and 403 with \
             overwrite:header.www-authenticate (template.yaml). Clients that do not look for the metadata elsewhere stop here.",
        )),
        _ => Ok("WWW-Authenticate keeps its name".into()),
    }
}

fn header(challenge: &Challenge) -> Judgement {
    for answer in [challenge.post.as_ref()?, challenge.get.as_ref()?] {
        let mend = "The mcp function sends it with every 401: look for what drops or rewrites WWW-Authenticate on the way (CDN, proxy, response mapping).";
        let Some(challenge) = challenge_of(answer) else {
            return Err(Trouble::fail(format!("the answer to {} has no WWW-Authenticate", answer.asked), mend));
        };
        if !challenge.to_ascii_lowercase().starts_with("bearer") || named(answer).is_none() {
            return Err(Trouble::fail(format!("{}: `{challenge}` names no resource_metadata", answer.asked), mend));
        }
    }
    let answer = challenge.post.as_ref()?;
    Ok(format!("it names {}", named(answer).unwrap_or_default()))
}

fn metadata_url(challenge: &Challenge) -> Judgement {
    let Some(named) = named(challenge.post.as_ref()?) else {
        return Err(Trouble::skipped("no resource_metadata to look at"));
    };
    let mend = format!("It is made from PublicUrl: that has to be {}.", challenge.target.origin);
    if url::Url::parse(&named).is_err() {
        return Err(Trouble::fail(format!("resource_metadata is relative: {named}"), mend));
    }
    if !named.starts_with(&challenge.target.at("/")) {
        return Err(Trouble::fail(format!("resource_metadata leads to another origin: {named}"), mend));
    }
    Ok("absolute, and of this origin".into())
}

fn stage(challenge: &Challenge) -> Judgement {
    let Some(named) = named(challenge.post.as_ref()?) else {
        return Err(Trouble::skipped("no resource_metadata to look at"));
    };
    match named.split_once("/.well-known/") {
        Some((before, _)) if before.trim_end_matches('/').split('/').count() > 3 => Err(Trouble::fail(
            format!("the address has something before /.well-known: {named}"),
            "The API's stage has to be $default, so that its paths begin at the root; template.yaml has it so.",
        )),
        _ => Ok("no stage in the address".into()),
    }
}

fn is_json(challenge: &Challenge) -> Judgement {
    for answer in [challenge.post.as_ref()?, challenge.forged.as_ref()?] {
        answer.json()?;
    }
    Ok("errors are JSON".into())
}

fn invalid_token(challenge: &Challenge) -> Judgement {
    let answer = challenge.forged.as_ref()?;
    let said = challenge_of(answer).unwrap_or_default();
    if answer.status.as_u16() != 401 {
        return Err(Trouble::fail(
            format!("a forged token: {} in place of 401", answer.told()),
            "Clients refresh on 401 alone: look for an authorizer or firewall before the mcp function.",
        ));
    }
    // What the header lacks altogether, the check of the header tells.
    if !said.is_empty() && !said.contains("invalid_token") {
        return Err(Trouble::warn(
            format!("a forged token is refused without error=\"invalid_token\": {said}"),
            "Something rewrites WWW-Authenticate on the way; clients may ask the person to sign in in place of refreshing.",
        ));
    }
    Ok("a forged token is refused with 401".into())
}
