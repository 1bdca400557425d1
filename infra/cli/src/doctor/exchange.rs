//! The exchange of codes for tokens, and the claims of an access token.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    answer::Outcome,
    discovery::AuthorizationServer,
    registration::{CLAUDE_CALLBACK, RegisteredClient, RegisteredClients},
    report::{Check, Judgement, Problem},
    sign_in::IssuedCodes,
    target::Target,
    timing::TimedStep,
    token::{self, FIX},
    wire::{Probe, Wire},
};

/// The checks of this stage.
pub(super) const CHECKS: [Check<Exchange>; 7] = [
    Check("exchange.tokens", tokens),
    Check("exchange.claims", claims),
    Check("exchange.no-store", |seen| token::no_store(seen.first.as_ref()?)),
    Check("exchange.verifier", |seen| {
        token::invalid_grant(seen.second()?.wrong.as_ref()?, "a code with another verifier")
    }),
    Check("exchange.json", json_body),
    Check("exchange.second-device", second_device),
    Check("exchange.replay", |seen| token::invalid_grant(seen.second()?.replay.as_ref()?, "a replayed code")),
];

const OTHER_VERIFIER: &str = "not-the-verifier-that-the-challenge-was-made-of";

/// The responses.
pub(super) struct Exchange {
    target: Target,
    issuer: String,
    client: RegisteredClient,
    first: Outcome,
    second: Option<Second>,
}

/// The responses to requests with the second code. The last one revokes its grant.
struct Second {
    wrong: Outcome,
    json: Outcome,
    /// The refresh of the first grant while both exist.
    beside: Outcome,
    replay: Outcome,
}

/// A connected client.
pub(super) struct Connected {
    pub(super) client: RegisteredClient,
    pub(super) access_token: String,
    pub(super) refresh_token: String,
}

/// Redeems both codes; the second with a wrong verifier, correctly, and again as a replay.
pub(super) async fn observe(
    wire: &Wire,
    target: &Target,
    server: &AuthorizationServer,
    clients: &RegisteredClients,
    codes: &IssuedCodes,
) -> Exchange {
    let client = &clients.claude;
    let request = |code, verifier| {
        client.with(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CLAUDE_CALLBACK),
            ("code_verifier", verifier),
            ("resource", target.mcp.as_str()),
        ])
    };
    let form = |code, verifier| {
        wire.send(Probe::form(&server.token_endpoint, &request(code, verifier)).step(TimedStep::Token))
    };
    let first = form(&codes.first, &codes.verifier).await;
    let second = match codes.second.as_deref() {
        None => None,
        Some(code) => {
            let wrong = form(code, OTHER_VERIFIER).await;
            let body: serde_json::Map<_, _> =
                request(code, &codes.verifier).into_iter().map(|(name, value)| (name.into(), json!(value))).collect();
            let json = wire.send(Probe::json(&server.token_endpoint, &body.into())).await;
            let token = refresh_token(&first).unwrap_or_default();
            let refresh = client.with(&[("grant_type", "refresh_token"), ("refresh_token", &token)]);
            let beside = wire.send(Probe::form(&server.token_endpoint, &refresh)).await;
            let replay = form(code, &codes.verifier).await;
            Some(Second { wrong, json, beside, replay })
        }
    };
    Exchange { target: target.clone(), issuer: server.issuer.clone(), client: client.clone(), first, second }
}

fn refresh_token(seen: &Outcome) -> Option<String> {
    Some(seen.as_ref().ok()?.json().ok()?["refresh_token"].as_str()?.to_owned())
}

impl Exchange {
    fn second(&self) -> Result<&Second, Problem> {
        self.second.as_ref().ok_or_else(|| Problem::skipped("there is no second code"))
    }

    fn answer(&self) -> Result<Value, Problem> {
        self.first.as_ref()?.json_with(200, FIX)
    }

    /// Returns the client and its tokens for later stages.
    pub(super) fn connected(&self) -> Result<Connected, Problem> {
        let answer = self.answer().map_err(|problem| problem.as_skipped())?;
        let access_token = answer["access_token"].as_str().map(String::from);
        let access_token = access_token.ok_or_else(|| Problem::skipped("no access token was given"))?;
        let newest = self.second.as_ref().and_then(|second| refresh_token(&second.beside));
        let newest = newest.or_else(|| refresh_token(&self.first));
        let refresh_token = newest.ok_or_else(|| Problem::skipped("no refresh token was given"))?;
        Ok(Connected { client: self.client.clone(), access_token, refresh_token })
    }
}

fn tokens(seen: &Exchange) -> Judgement {
    let answer = seen.answer()?;
    let is_bearer = answer["token_type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
    match (
        answer["access_token"].is_string() && is_bearer,
        answer["refresh_token"].is_string(),
        answer["expires_in"].as_i64(),
    ) {
        (true, true, Some(seconds)) => Ok(format!("access and refresh token, valid for {} minutes", seconds / 60)),
        (true, false, _) => Err(Problem::fail("no refresh token: clients ask for a sign-in every hour", FIX)),
        _ => Err(Problem::fail("not a pair of bearer tokens with expires_in", FIX)),
    }
}

/// The claims are decoded without verifying the signature, since only the server has the key.
fn claims(seen: &Exchange) -> Judgement {
    let answer = seen.answer().map_err(|problem| problem.as_skipped())?;
    let token = answer["access_token"].as_str().unwrap_or_default();
    let part = |index: usize| {
        let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(index)?).ok()?;
        serde_json::from_slice::<Value>(&bytes).ok()
    };
    let (Some(header), Some(claims)) = (part(0), part(1)) else {
        return Err(Problem::warn("the access token is not a JWT", "Check that this software answers."));
    };
    let target = &seen.target.mcp;
    let has_audience =
        claims["aud"] == *target || claims["aud"].as_array().is_some_and(|all| all.contains(&json!(target)));
    let lifetime = claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(exp, iat)| exp - iat);
    let where_from = "The value comes from PublicUrl, which must be the origin that users type.";
    if !has_audience {
        return Err(Problem::fail(format!("aud is {}, not {target}", claims["aud"]), where_from));
    }
    if claims["iss"] != seen.issuer.as_str() {
        return Err(Problem::fail(format!("iss is {}, not {}", claims["iss"], seen.issuer), where_from));
    }
    if lifetime.is_none() || lifetime != answer["expires_in"].as_i64() {
        return Err(Problem::fail(format!("exp does not match expires_in {}", answer["expires_in"]), FIX));
    }
    match header["kid"].as_str() {
        Some(kid) => Ok(format!(
            "aud, iss and exp are right; signed with {} by key {kid}",
            header["alg"].as_str().unwrap_or("?")
        )),
        None => Err(Problem::fail("no kid: after a key rotation the token could not be verified", FIX)),
    }
}

/// The same user connects a second time, on another device or from a reloaded page.
fn second_device(seen: &Exchange) -> Judgement {
    let second = seen.second()?;
    let connected = second.json.as_ref().is_ok_and(|answer| answer.status.as_u16() == 200);
    if !connected || refresh_token(&seen.first).is_none() {
        return Err(Problem::skipped("there are not two connections"));
    }
    let beside = second.beside.as_ref()?;
    match beside.status.as_u16() {
        200 => Ok("a second connection does not affect the first".into()),
        _ => Err(Problem::fail(format!("a second connection revokes the first: {}", beside.summary_with_error()), FIX)),
    }
}

fn json_body(seen: &Exchange) -> Judgement {
    seen.second()?.json.as_ref()?.json_with(200, FIX)?;
    Ok("a code survives a wrong verifier and can be redeemed with JSON".into())
}
