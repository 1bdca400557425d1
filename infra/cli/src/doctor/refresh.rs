//! Staying connected, as Claude does: many refreshes at once, one late; and leaving in the end.

use futures::future::join_all;
use serde_json::json;

use super::{
    Target,
    answer::Seen,
    discovery::Server,
    exchange::Connected,
    report::{Check, Judgement, Trouble},
    timing::Step,
    token::{self, MEND},
    wire::{Ask, Wire},
};

/// What is looked at.
pub(super) const CHECKS: [Check<Refreshes>; 6] = [
    Check("refresh.storm", storm),
    Check("refresh.tokens-accepted", tokens_accepted),
    Check("refresh.grace", |seen| still(&seen.late, "the token from before the storm, sent once more")),
    Check("refresh.next", |seen| still(&seen.next, "the token from after it")),
    Check("refresh.no-store", |seen| token::no_store(seen.late.as_ref()?)),
    Check("refresh.revocation", revocation),
];

/// How many a burst of Claude's may have.
const STORM: usize = 20;
const RACE: &str = "A token that was just rotated has to be taken again for two minutes: clients refresh in parallel, and an answer may \
                    be lost. Is something before the token function answering for it, or limiting it?";

/// The answers.
pub(super) struct Refreshes {
    storm: Vec<Seen>,
    used: Vec<Seen>,
    late: Seen,
    next: Seen,
    revoked: Option<Seen>,
    afterwards: Seen,
}

/// Refreshes, uses what it gets, and gives everything back.
pub(super) async fn observe(wire: &Wire, target: &Target, server: &Server, connected: &Connected) -> Refreshes {
    let client = &connected.client;
    let refresh = |token: &str| {
        let fields = client.with(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("resource", target.mcp.as_str()),
        ]);
        wire.send(Ask::form(&server.token_endpoint, &fields).step(Step::Refresh))
    };
    let storm = join_all((0..STORM).map(|_| refresh(&connected.refresh_token))).await;
    let text = |seen: &Seen, name: &str| {
        seen.as_ref().ok().and_then(|answer| Some(answer.json().ok()?[name].as_str()?.to_owned()))
    };
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let access_tokens = storm.iter().filter_map(|seen| text(seen, "access_token"));
    let uses = access_tokens.map(|token| {
        let ask = Ask::json(&target.mcp, &list).header("accept", "application/json, text/event-stream");
        wire.send(ask.header("authorization", format!("Bearer {token}")))
    });
    let used = join_all(uses).await;
    let late = refresh(&connected.refresh_token).await;
    let newest = storm.iter().chain([&late]).filter_map(|seen| text(seen, "refresh_token")).next_back();
    let newest = newest.unwrap_or_else(|| connected.refresh_token.clone());
    let next = refresh(&newest).await;
    let last = text(&next, "refresh_token").unwrap_or(newest);
    let revoked = match &server.revocation_endpoint {
        Some(endpoint) => Some(wire.send(Ask::form(endpoint, &client.with(&[("token", &last)]))).await),
        None => None,
    };
    Refreshes { afterwards: refresh(&last).await, storm, used, late, next, revoked }
}

fn storm(seen: &Refreshes) -> Judgement {
    let refused: Vec<_> = seen
        .storm
        .iter()
        .filter_map(|seen| {
            seen.as_ref().map_or_else(
                |trouble| Some(trouble.saw().to_owned()),
                |answer| (answer.status.as_u16() != 200).then(|| answer.told()),
            )
        })
        .collect();
    match refused.first() {
        None => Ok(format!("{STORM} refreshes with one token at once: all get tokens")),
        Some(first) => {
            Err(Trouble::fail(format!("{} of {STORM} refreshes at once are refused: {first}", refused.len()), RACE))
        }
    }
}

fn tokens_accepted(seen: &Refreshes) -> Judgement {
    for answer in &seen.used {
        let answer = answer.as_ref()?;
        let used = answer.json_with(200, "See mcp.token-accepted.");
        used.map_err(|trouble| trouble.about("an access token of the storm is refused"))?;
    }
    Ok(format!("{} access tokens of the storm open the endpoint", seen.used.len()))
}

fn still(seen: &Seen, what: &str) -> Judgement {
    let answer = seen.as_ref()?;
    match answer.status.as_u16() {
        200 => Ok(format!("{what}: a working pair")),
        _ => Err(Trouble::fail(format!("{what}: {}", answer.told()), RACE)),
    }
}

/// What this program was granted is given back, so nothing of it stays.
fn revocation(seen: &Refreshes) -> Judgement {
    let Some(revoked) = &seen.revoked else {
        return Err(Trouble::warn(
            "no revocation endpoint is advertised",
            "The test connection stays until it expires: disconnect it by hand.",
        ));
    };
    let answer = revoked.as_ref()?;
    if answer.status.as_u16() != 200 {
        return Err(Trouble::fail(format!("{}: the test connection stays", answer.told()), MEND));
    }
    token::dead(seen.afterwards.as_ref()?, "a token that was given back")
        .map(|_| "what was granted for this is given back".into())
}
