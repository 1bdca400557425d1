//! Codes for tokens, and what is in these.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    Target,
    answer::Seen,
    discovery::Server,
    registration::{CLAUDE_CALLBACK, Client, Clients},
    report::{Check, Judgement, Trouble},
    sign_in::Codes,
    timing::Step,
    token::{self, MEND},
    wire::{Ask, Wire},
};

/// What is looked at.
pub(super) const CHECKS: [Check<Exchange>; 7] = [
    Check("exchange.tokens", tokens),
    Check("exchange.claims", claims),
    Check("exchange.no-store", |seen| token::no_store(seen.first.as_ref()?)),
    Check("exchange.verifier", |seen| token::dead(seen.second()?.wrong.as_ref()?, "a code with another verifier")),
    Check("exchange.json", json_body),
    Check("exchange.second-device", second_device),
    Check("exchange.replay", |seen| token::dead(seen.second()?.replay.as_ref()?, "a code for the second time")),
];

const OTHER_VERIFIER: &str = "not-the-verifier-that-the-challenge-was-made-of";

/// The answers.
pub(super) struct Exchange {
    target: Target,
    issuer: String,
    client: Client,
    first: Seen,
    second: Option<Second>,
}

/// What was done with the code of the second click. Its grant is ended by the last step.
struct Second {
    wrong: Seen,
    json: Seen,
    /// The first one's refresh, while there are two.
    beside: Seen,
    replay: Seen,
}

/// A client that is connected.
pub(super) struct Connected {
    pub(super) client: Client,
    pub(super) access_token: String,
    pub(super) refresh_token: String,
}

/// Redeems both codes, the second one badly, well, and once too often.
pub(super) async fn observe(
    wire: &Wire,
    target: &Target,
    server: &Server,
    clients: &Clients,
    codes: &Codes,
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
    let form =
        |code, verifier| wire.send(Ask::form(&server.token_endpoint, &request(code, verifier)).step(Step::Token));
    let first = form(&codes.first, &codes.verifier).await;
    let second = match codes.second.as_deref() {
        None => None,
        Some(code) => {
            let wrong = form(code, OTHER_VERIFIER).await;
            let body: serde_json::Map<_, _> =
                request(code, &codes.verifier).into_iter().map(|(name, value)| (name.into(), json!(value))).collect();
            let json = wire.send(Ask::json(&server.token_endpoint, &body.into())).await;
            let token = refresh_token(&first).unwrap_or_default();
            let refresh = client.with(&[("grant_type", "refresh_token"), ("refresh_token", &token)]);
            let beside = wire.send(Ask::form(&server.token_endpoint, &refresh)).await;
            let replay = form(code, &codes.verifier).await;
            Some(Second { wrong, json, beside, replay })
        }
    };
    Exchange { target: target.clone(), issuer: server.issuer.clone(), client: client.clone(), first, second }
}

fn refresh_token(seen: &Seen) -> Option<String> {
    Some(seen.as_ref().ok()?.json().ok()?["refresh_token"].as_str()?.to_owned())
}

impl Exchange {
    fn second(&self) -> Result<&Second, Trouble> {
        self.second.as_ref().ok_or_else(|| Trouble::skipped("there is no second code to try it with"))
    }

    fn answer(&self) -> Result<Value, Trouble> {
        self.first.as_ref()?.json_with(200, MEND)
    }

    /// The client that goes on.
    pub(super) fn connected(&self) -> Result<Connected, Trouble> {
        let answer = self.answer().map_err(|trouble| trouble.as_skipped())?;
        let access_token = answer["access_token"].as_str().map(String::from);
        let access_token = access_token.ok_or_else(|| Trouble::skipped("no access token was given"))?;
        let newest = self.second.as_ref().and_then(|second| refresh_token(&second.beside));
        let newest = newest.or_else(|| refresh_token(&self.first));
        let refresh_token = newest.ok_or_else(|| Trouble::skipped("no refresh token was given"))?;
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
        (true, true, Some(seconds)) => Ok(format!("a pair, good for {} minutes", seconds / 60)),
        (true, false, _) => Err(Trouble::fail("no refresh token: clients ask for a sign-in every hour", MEND)),
        _ => Err(Trouble::fail("not a pair of bearer tokens with expires_in", MEND)),
    }
}

/// The token is read, not verified: the key is the server's alone.
fn claims(seen: &Exchange) -> Judgement {
    let answer = seen.answer().map_err(|trouble| trouble.as_skipped())?;
    let token = answer["access_token"].as_str().unwrap_or_default();
    let part = |index: usize| {
        let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(index)?).ok()?;
        serde_json::from_slice::<Value>(&bytes).ok()
    };
    let (Some(header), Some(claims)) = (part(0), part(1)) else {
        return Err(Trouble::warn("the access token is no JWT", "Is it this software that answers?"));
    };
    let target = &seen.target.mcp;
    let has_audience =
        claims["aud"] == *target || claims["aud"].as_array().is_some_and(|all| all.contains(&json!(target)));
    let lifetime = claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(exp, iat)| exp - iat);
    let where_from = "It is made from PublicUrl: that has to be the origin people type.";
    if !has_audience {
        return Err(Trouble::fail(format!("aud is {}, not {target}", claims["aud"]), where_from));
    }
    if claims["iss"] != seen.issuer.as_str() {
        return Err(Trouble::fail(format!("iss is {}, not {}", claims["iss"], seen.issuer), where_from));
    }
    if lifetime.is_none() || lifetime != answer["expires_in"].as_i64() {
        return Err(Trouble::fail(format!("exp does not fit expires_in {}", answer["expires_in"]), MEND));
    }
    match header["kid"].as_str() {
        Some(kid) => Ok(format!(
            "aud, iss and exp are right; signed with {} by key {kid}",
            header["alg"].as_str().unwrap_or("?")
        )),
        None => Err(Trouble::fail("no kid: after a rotation nobody would know which key signed it", MEND)),
    }
}

/// The same person connects a second time: on another device, or since the page was loaded again.
fn second_device(seen: &Exchange) -> Judgement {
    let second = seen.second()?;
    let connected = second.json.as_ref().is_ok_and(|answer| answer.status.as_u16() == 200);
    if !connected || refresh_token(&seen.first).is_none() {
        return Err(Trouble::skipped("there are not two connections"));
    }
    let beside = second.beside.as_ref()?;
    match beside.status.as_u16() {
        200 => Ok("a second connection leaves the first one connected".into()),
        _ => Err(Trouble::fail(format!("a second connection ends the first one: {}", beside.told()), MEND)),
    }
}

fn json_body(seen: &Exchange) -> Judgement {
    seen.second()?.json.as_ref()?.json_with(200, MEND)?;
    Ok("a code survives a wrong try, and can be redeemed with JSON".into())
}
