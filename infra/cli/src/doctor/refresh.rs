//! Refresh as Claude does it: many concurrent requests, one late, and revocation at the end.

use futures::future::join_all;
use serde_json::json;

use super::{
    answer::Outcome,
    discovery::AuthorizationServer,
    exchange::Connected,
    report::{Check, Judgement, Problem},
    target::Target,
    timing::TimedStep,
    token::{self, FIX},
    wire::{Probe, Wire},
};

/// The checks of this stage.
pub(super) const CHECKS: [Check<Refreshes>; 6] = [
    Check("refresh.storm", storm),
    Check("refresh.tokens-accepted", tokens_accepted),
    Check("refresh.grace", |seen| still(&seen.late, "the token from before the burst, sent again")),
    Check("refresh.next", |seen| still(&seen.next, "the newest token")),
    Check("refresh.no-store", |seen| token::no_store(seen.late.as_ref()?)),
    Check("refresh.revocation", revocation),
];

/// Concurrent refreshes in a burst of Claude's.
const STORM: usize = 20;
const RACE: &str = "A rotated token must be accepted for two more minutes, since clients refresh concurrently and responses get lost. \
                    Check if something before the token function answers or throttles.";

/// The responses.
pub(super) struct Refreshes {
    storm: Vec<Outcome>,
    used: Vec<Outcome>,
    late: Outcome,
    next: Outcome,
    revoked: Option<Outcome>,
    afterwards: Outcome,
}

/// Refreshes, uses the tokens, and revokes the grant.
pub(super) async fn observe(
    wire: &Wire,
    target: &Target,
    server: &AuthorizationServer,
    connected: &Connected,
) -> Refreshes {
    let client = &connected.client;
    let refresh = |token: &str| {
        let fields = client.with(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("resource", target.mcp.as_str()),
        ]);
        wire.send(Probe::form(&server.token_endpoint, &fields).step(TimedStep::Refresh))
    };
    let storm = join_all((0..STORM).map(|_| refresh(&connected.refresh_token))).await;
    let text = |seen: &Outcome, name: &str| {
        seen.as_ref().ok().and_then(|answer| Some(answer.json().ok()?[name].as_str()?.to_owned()))
    };
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let access_tokens = storm.iter().filter_map(|seen| text(seen, "access_token"));
    let uses = access_tokens.map(|token| {
        let ask = Probe::json(&target.mcp, &list).header("accept", "application/json, text/event-stream");
        wire.send(ask.header("authorization", format!("Bearer {token}")))
    });
    let used = join_all(uses).await;
    let late = refresh(&connected.refresh_token).await;
    let newest = storm.iter().chain([&late]).filter_map(|seen| text(seen, "refresh_token")).next_back();
    let newest = newest.unwrap_or_else(|| connected.refresh_token.clone());
    let next = refresh(&newest).await;
    let last = text(&next, "refresh_token").unwrap_or(newest);
    let revoked = match &server.revocation_endpoint {
        Some(endpoint) => Some(wire.send(Probe::form(endpoint, &client.with(&[("token", &last)]))).await),
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
                |problem| Some(problem.observed().to_owned()),
                |answer| (answer.status.as_u16() != 200).then(|| answer.summary_with_error()),
            )
        })
        .collect();
    match refused.first() {
        None => Ok(format!("{STORM} concurrent refreshes with one token succeed")),
        Some(first) => {
            Err(Problem::fail(format!("{} of {STORM} concurrent refreshes are rejected: {first}", refused.len()), RACE))
        }
    }
}

fn tokens_accepted(seen: &Refreshes) -> Judgement {
    for answer in &seen.used {
        let answer = answer.as_ref()?;
        let used = answer.json_with(200, "See mcp.token-accepted.");
        used.map_err(|problem| problem.about("an access token of the burst is rejected"))?;
    }
    Ok(format!("{} access tokens of the burst are accepted", seen.used.len()))
}

fn still(seen: &Outcome, what: &str) -> Judgement {
    let answer = seen.as_ref()?;
    match answer.status.as_u16() {
        200 => Ok(format!("{what}: accepted")),
        _ => Err(Problem::fail(format!("{what}: {}", answer.summary_with_error()), RACE)),
    }
}

/// The grant of this program is revoked, so that it leaves no connection.
fn revocation(seen: &Refreshes) -> Judgement {
    let Some(revoked) = &seen.revoked else {
        return Err(Problem::warn(
            "no revocation endpoint is advertised",
            "The test connection stays until it expires: disconnect it manually.",
        ));
    };
    let answer = revoked.as_ref()?;
    if answer.status.as_u16() != 200 {
        return Err(Problem::fail(format!("{}: the test connection stays", answer.summary_with_error()), FIX));
    }
    token::invalid_grant(seen.afterwards.as_ref()?, "a revoked token").map(|_| "the test connection is revoked".into())
}
