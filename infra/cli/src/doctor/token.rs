//! The token endpoint, as far as a stranger gets: how it refuses decides whether clients recover by themselves.

use futures::future::join_all;
use http::header;
use serde_json::json;

use super::{
    answer::{Answer, Seen},
    discovery::Server,
    registration::{Client, Clients},
    report::{Check, Judgement, Trouble},
    timing::Step,
    wire::{Ask, Wire},
};

/// What is looked at.
pub(super) const CHECKS: [Check<Refusals>; 6] = [
    Check("token.dead-refresh-token", |seen| dead(seen.dead.as_ref()?, "a refresh token that is dead")),
    Check("token.rate-limit", rate_limit),
    Check("token.json", |seen| dead(seen.json.as_ref()?, "the same as JSON")),
    Check("token.unknown-client", unknown_client),
    Check("token.no-store", |seen| no_store(seen.dead.as_ref()?)),
    Check("token.revocation", revocation),
];

pub(super) const MEND: &str = "See the log of the token function: `sam logs`, or what `jean serve` prints.";
/// Clients retry; this is what two of them do in a bad minute.
const RETRIES: usize = 12;

/// The answers.
pub(super) struct Refusals {
    dead: Seen,
    retries: Vec<Seen>,
    json: Seen,
    unknown: Seen,
    revocation: Option<Seen>,
}

impl Client {
    /// Fields with which it proves itself (RFC 6749 §2.3.1), and those of the request.
    pub(super) fn with<'a>(&'a self, fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let secret = self.secret.as_deref().map(|secret| ("client_secret", secret));
        fields.iter().copied().chain([("client_id", self.id.as_str())]).chain(secret).collect()
    }
}

/// Asks for tokens with what is none.
pub(super) async fn observe(wire: &Wire, server: &Server, clients: &Clients) -> Refusals {
    let endpoint = &server.token_endpoint;
    let request = [("grant_type", "refresh_token"), ("refresh_token", "dead")];
    let as_claude = || Ask::form(endpoint, &clients.claude.with(&request)).step(Step::Token);
    let dead = wire.send(as_claude()).await;
    let retries = join_all((0..RETRIES).map(|_| wire.send(as_claude()))).await;
    let body: serde_json::Map<_, _> =
        clients.claude.with(&request).into_iter().map(|(name, value)| (name.into(), json!(value))).collect();
    let json = wire.send(Ask::json(endpoint, &body.into())).await;
    let nobody = Client { id: "nobody_aaaaaaaaaaaa".into(), secret: None };
    let unknown = wire.send(Ask::form(endpoint, &nobody.with(&request))).await;
    let revocation = match &server.revocation_endpoint {
        Some(endpoint) => Some(wire.send(Ask::form(endpoint, &clients.claude.with(&[("token", "dead")]))).await),
        None => None,
    };
    Refusals { dead, retries, json, unknown, revocation }
}

/// RFC 6749 §5.2. Claude has the person sign in again on `invalid_grant` and on nothing else.
pub(super) fn dead(answer: &Answer, what: &str) -> Judgement {
    let error = answer.json_with(400, MEND)?;
    match error["error"].as_str() {
        Some("invalid_grant") => Ok(format!("{what}: 400 invalid_grant")),
        error => {
            let saw = format!("{what}: {} in place of invalid_grant", error.unwrap_or("no error"));
            Err(Trouble::fail(saw, "Clients sign in anew on invalid_grant alone; look for what answers in its place."))
        }
    }
}

fn rate_limit(seen: &Refusals) -> Judgement {
    for answer in &seen.retries {
        let answer = answer.as_ref()?;
        if answer.status.as_u16() == 429 {
            return Err(Trouble::fail(
                format!(
                    "{} for a client that retries: it takes its dead token for one that is only late",
                    answer.summary()
                ),
                "Raise the throttle of the token route, or take it off (template.yaml; any firewall before it).",
            ));
        }
    }
    Ok(format!("{RETRIES} retries at once are told the same"))
}

fn unknown_client(seen: &Refusals) -> Judgement {
    let answer = seen.unknown.as_ref()?;
    let error = answer.json_with(401, MEND)?;
    match error["error"].as_str() {
        Some("invalid_client") => Ok("a client that was deleted: 401 invalid_client".into()),
        error => {
            let saw = format!("an unknown client: {} in place of invalid_client", error.unwrap_or("no error"));
            Err(Trouble::fail(
                saw,
                "Clients register anew on invalid_client alone; look for what answers in its place.",
            ))
        }
    }
}

/// RFC 7009 §2.2: whether a token was known is nobody's business.
fn revocation(seen: &Refusals) -> Judgement {
    let Some(seen) = &seen.revocation else {
        return Err(Trouble::skipped("no revocation endpoint is advertised"));
    };
    let answer = seen.as_ref()?;
    match answer.status.as_u16() {
        200 => Ok("a token that is dead can be given back: 200".into()),
        _ => Err(Trouble::fail(format!("giving back a token that is dead: {} in place of 200", answer.told()), MEND)),
    }
}

/// RFC 6749 §5.1.
pub(super) fn no_store(answer: &Answer) -> Judgement {
    match answer.header(header::CACHE_CONTROL) {
        Some(directives) if directives.contains("no-store") => Ok("Cache-Control: no-store".into()),
        other => Err(Trouble::fail(
            format!("Cache-Control is {:?} in place of no-store", other.unwrap_or_default()),
            "The function sends it: look for what rewrites it on the way. A cache that keeps tokens gives them away.",
        )),
    }
}
