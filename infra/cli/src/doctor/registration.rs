//! Dynamic client registration (RFC 7591), with the bodies real clients send.

use futures::future::join_all;
use serde_json::{Value, json};

use super::{
    answer::Seen,
    discovery::Server,
    report::{Check, Judgement, Trouble},
    timing::Step,
    wire::{Ask, Wire},
};

/// What is looked at.
pub(super) const CHECKS: [Check<Registrations>; 8] = [
    Check("registration.claude", claude),
    Check("registration.claude-code", claude_code),
    Check("registration.chatgpt", chatgpt),
    Check("registration.cursor", cursor),
    Check("registration.odd-address", odd_address),
    Check("registration.odd-field", odd_field),
    Check("registration.repeated", repeated),
    Check("registration.refusal", refusal),
];

pub(super) const CLAUDE_CALLBACK: &str = "https://claude.ai/api/mcp/auth_callback";
const CURSOR: [&str; 3] = [
    "cursor://anysphere.cursor-mcp/oauth/callback",
    "https://www.cursor.com/agents/mcp/oauth/callback",
    "http://localhost:8787/callback",
];
const MEND: &str = "See the log of the register function: `sam logs`, or what `jean serve` prints.";

/// The answers.
pub(super) struct Registrations {
    claude: Seen,
    claude_code: Seen,
    chatgpt: Seen,
    cursor: Seen,
    odd_address: Seen,
    odd_field: Seen,
    repeated: Vec<Seen>,
    refusal: Seen,
}

/// A client that was registered.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) secret: Option<String>,
}

/// Those the later stages go on with.
#[derive(Clone)]
pub(super) struct Clients {
    /// Returns to [`CLAUDE_CALLBACK`].
    pub(super) claude: Client,
    /// Returns to a port of this computer that it did not register.
    pub(super) claude_code: Client,
}

/// Registers as each of them. What is not used is forgotten by the server after a day.
pub(super) async fn observe(wire: &Wire, server: &Server) -> Result<Registrations, Trouble> {
    let endpoint = server.registration_endpoint.as_deref();
    let endpoint = endpoint.ok_or_else(|| Trouble::skipped("no registration endpoint is advertised"))?;
    let register = |body: Value| wire.send(Ask::json(endpoint, &body).step(Step::Registration));
    let body = |name: &str, redirect_uris: Value, method: &str| {
        json!({
            "client_name": name,
            "redirect_uris": redirect_uris,
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": method,
        })
    };
    let as_claude = || body("Claude", json!([CLAUDE_CALLBACK]), "client_secret_post");
    let mut odd_field = body("Claude", json!([CLAUDE_CALLBACK]), "none");
    for (name, value) in
        [("logo_uri", Value::Null), ("application_type", json!("native")), ("contacts", json!(5)), ("x", json!({}))]
    {
        odd_field[name] = value;
    }
    let mut chatgpt =
        body("ChatGPT", json!(["https://chatgpt.com/connector_platform_oauth_redirect"]), "private_key_jwt");
    chatgpt["token_endpoint_auth_methods_supported"] = json!(["none", "private_key_jwt"]);
    Ok(Registrations {
        claude: register(as_claude()).await,
        claude_code: register(body(
            "Claude Code",
            json!(["http://localhost/callback", "http://127.0.0.1/callback"]),
            "none",
        ))
        .await,
        chatgpt: register(chatgpt).await,
        cursor: register(body("Cursor", json!(CURSOR), "none")).await,
        odd_address: register(body("Claude", json!([CLAUDE_CALLBACK, "javascript:alert(1)"]), "none")).await,
        odd_field: register(odd_field).await,
        repeated: join_all((0..2).map(|_| register(as_claude()))).await,
        refusal: register(body("Nowhere", json!(["javascript:alert(1)"]), "none")).await,
    })
}

impl Registrations {
    /// The clients to go on with.
    pub(super) fn clients(&self) -> Result<Clients, Trouble> {
        let client = |seen: &Seen| {
            let registered = registered(seen).map_err(|trouble| trouble.as_skipped())?;
            let text = |name: &str| registered[name].as_str().map(String::from);
            let id = text("client_id").ok_or_else(|| Trouble::skipped("the registration gave no client_id"))?;
            Ok::<_, Trouble>(Client { id, secret: text("client_secret") })
        };
        // Any registration that returns to Claude's address will do.
        let claude = claude(self).and_then(|_| client(&self.claude)).or_else(|_| client(&self.odd_field))?;
        Ok(Clients { claude, claude_code: client(&self.claude_code)? })
    }
}

fn registered(seen: &Seen) -> Result<Value, Trouble> {
    seen.as_ref()?.json_with(201, MEND)
}

fn claude(seen: &Registrations) -> Judgement {
    let answer = registered(&seen.claude)?;
    match (answer["token_endpoint_auth_method"].as_str(), answer["client_secret"].as_str()) {
        (Some("client_secret_post"), Some(_)) => Ok("with a secret, in the body (client_secret_post)".into()),
        _ => Err(Trouble::fail("Claude asked for client_secret_post and got no secret", MEND)),
    }
}

fn claude_code(seen: &Registrations) -> Judgement {
    let answer = registered(&seen.claude_code)?;
    let kept = answer["redirect_uris"].as_array().map_or(0, Vec::len);
    match kept {
        2 => Ok("as a public client, with addresses of this computer without a port".into()),
        _ => Err(Trouble::fail(format!("{kept} of its 2 addresses on this computer were registered"), MEND)),
    }
}

fn chatgpt(seen: &Registrations) -> Judgement {
    let answer = registered(&seen.chatgpt)?;
    match answer["token_endpoint_auth_method"].as_str() {
        Some("none") => Ok("as the public client it can be".into()),
        other => Err(Trouble::fail(
            format!("ChatGPT was registered for {}, and can only do none", other.unwrap_or("nothing")),
            MEND,
        )),
    }
}

fn cursor(seen: &Registrations) -> Judgement {
    let answer = registered(&seen.cursor)?;
    match answer["redirect_uris"] == json!(CURSOR) {
        true => Ok("with cursor://, https and this computer in one list".into()),
        false => {
            Err(Trouble::fail(format!("of Cursor's addresses only {} were registered", answer["redirect_uris"]), MEND))
        }
    }
}

fn odd_address(seen: &Registrations) -> Judgement {
    let answer = registered(&seen.odd_address)?;
    match answer["redirect_uris"] == json!([CLAUDE_CALLBACK]) {
        true => Ok("an address that can't be used is left out, the rest is registered".into()),
        false => Err(Trouble::fail(format!("a javascript: address was registered: {}", answer["redirect_uris"]), MEND)),
    }
}

fn odd_field(seen: &Registrations) -> Judgement {
    registered(&seen.odd_field).map(|_| "fields nobody expects do no harm".into())
}

fn repeated(seen: &Registrations) -> Judgement {
    let mut ids = Vec::new();
    for seen in &seen.repeated {
        ids.push(registered(seen)?["client_id"].clone());
    }
    match ids.as_slice() {
        [first, second] if first != second => Ok("twice at once, as Claude does: two clients".into()),
        _ => Err(Trouble::fail("two registrations at once got one client_id", MEND)),
    }
}

fn refusal(seen: &Registrations) -> Judgement {
    let answer = seen.refusal.as_ref()?;
    let error = answer.json_with(400, MEND)?;
    match error["error"].as_str() {
        Some("invalid_redirect_uri") => {
            Ok("what has no address that can be used is refused: invalid_redirect_uri".into())
        }
        _ => Err(Trouble::fail(format!("{} in place of invalid_redirect_uri", answer.told()), MEND)),
    }
}
