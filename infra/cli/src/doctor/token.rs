//! The token endpoint without a grant. Its error codes decide if clients recover by themselves.

use futures::future::join_all;
use http::header;
use serde_json::json;

use super::{
    answer::{Outcome, Reply},
    discovery::AuthorizationServer,
    registration::{RegisteredClient, RegisteredClients},
    report::{Check, Judgement, Problem},
    timing::TimedStep,
    wire::{Probe, Wire},
};

/// The checks of this stage.
pub(super) const CHECKS: [Check<Refusals>; 6] = [
    Check("token.dead-refresh-token", |seen| invalid_grant(seen.dead.as_ref()?, "an invalid refresh token")),
    Check("token.rate-limit", rate_limit),
    Check("token.json", |seen| invalid_grant(seen.json.as_ref()?, "the same as JSON")),
    Check("token.unknown-client", unknown_client),
    Check("token.no-store", |seen| no_store(seen.dead.as_ref()?)),
    Check("token.revocation", revocation),
];

pub(super) const FIX: &str = "See the log of the token function: `sam logs`, or what `jean serve` prints.";
/// Requests of two clients that retry within a minute.
const RETRIES: usize = 12;

/// The responses.
pub(super) struct Refusals {
    dead: Outcome,
    retries: Vec<Outcome>,
    json: Outcome,
    unknown: Outcome,
    revocation: Option<Outcome>,
}

impl RegisteredClient {
    /// Returns the fields of a request with the client's credentials ([RFC 6749 §2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1)).
    pub(super) fn with<'a>(&'a self, fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let secret = self.secret.as_deref().map(|secret| ("client_secret", secret));
        fields.iter().copied().chain([("client_id", self.id.as_str())]).chain(secret).collect()
    }
}

/// Sends token requests with invalid tokens.
pub(super) async fn observe(wire: &Wire, server: &AuthorizationServer, clients: &RegisteredClients) -> Refusals {
    let endpoint = &server.token_endpoint;
    let request = [("grant_type", "refresh_token"), ("refresh_token", "dead")];
    let as_claude = || Probe::form(endpoint, &clients.claude.with(&request)).step(TimedStep::Token);
    let dead = wire.send(as_claude()).await;
    let retries = join_all((0..RETRIES).map(|_| wire.send(as_claude()))).await;
    let body: serde_json::Map<_, _> =
        clients.claude.with(&request).into_iter().map(|(name, value)| (name.into(), json!(value))).collect();
    let json = wire.send(Probe::json(endpoint, &body.into())).await;
    let unknown_client = RegisteredClient { id: "unknown_aaaaaaaaaaaa".into(), secret: None };
    let unknown = wire.send(Probe::form(endpoint, &unknown_client.with(&request))).await;
    let revocation = match &server.revocation_endpoint {
        Some(endpoint) => Some(wire.send(Probe::form(endpoint, &clients.claude.with(&[("token", "dead")]))).await),
        None => None,
    };
    Refusals { dead, retries, json, unknown, revocation }
}

/// RFC 6749 §5.2. Claude asks the user to sign in again only on `invalid_grant`.
pub(super) fn invalid_grant(answer: &Reply, what: &str) -> Judgement {
    let error = answer.json_with(400, FIX)?;
    match error["error"].as_str() {
        Some("invalid_grant") => Ok(format!("{what}: 400 invalid_grant")),
        error => {
            let observed = format!("{what}: {} instead of invalid_grant", error.unwrap_or("no error"));
            Err(Problem::fail(observed, "Clients sign in again only on invalid_grant; check what answers instead."))
        }
    }
}

fn rate_limit(seen: &Refusals) -> Judgement {
    for answer in &seen.retries {
        let answer = answer.as_ref()?;
        if answer.status.as_u16() == 429 {
            return Err(Problem::fail(
                format!(
                    "{} for a client that retries: it assumes that its invalid token will work later",
                    answer.summary()
                ),
                "Raise or remove the throttle of the token route (template.yaml; any firewall before it).",
            ));
        }
    }
    Ok(format!("{RETRIES} concurrent retries get the same response"))
}

fn unknown_client(seen: &Refusals) -> Judgement {
    let answer = seen.unknown.as_ref()?;
    let error = answer.json_with(401, FIX)?;
    match error["error"].as_str() {
        Some("invalid_client") => Ok("a deleted client: 401 invalid_client".into()),
        error => {
            let observed = format!("an unknown client: {} instead of invalid_client", error.unwrap_or("no error"));
            Err(Problem::fail(observed, "Clients register again only on invalid_client; check what answers instead."))
        }
    }
}

/// RFC 7009 §2.2: revocation succeeds for unknown tokens too.
fn revocation(seen: &Refusals) -> Judgement {
    let Some(seen) = &seen.revocation else {
        return Err(Problem::skipped("no revocation endpoint is advertised"));
    };
    let answer = seen.as_ref()?;
    match answer.status.as_u16() {
        200 => Ok("revoking an invalid token: 200".into()),
        _ => Err(Problem::fail(
            format!("revoking an invalid token: {} instead of 200", answer.summary_with_error()),
            FIX,
        )),
    }
}

/// RFC 6749 §5.1.
pub(super) fn no_store(answer: &Reply) -> Judgement {
    match answer.header(header::CACHE_CONTROL) {
        Some(directives) if directives.contains("no-store") => Ok("Cache-Control: no-store".into()),
        other => Err(Problem::fail(
            format!("Cache-Control is {:?} instead of no-store", other.unwrap_or_default()),
            "The function sends it: check what rewrites it on the way. A cache that stores tokens can leak them.",
        )),
    }
}
