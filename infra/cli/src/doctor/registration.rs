//! Dynamic client registration ([RFC 7591](https://www.rfc-editor.org/rfc/rfc7591)), with the bodies of real clients.

use futures::future::join_all;
use serde_json::{Value, json};

use super::{
    answer::Outcome,
    discovery::AuthorizationServer,
    report::{Check, Judgement, Problem},
    timing::TimedStep,
    wire::{Probe, Wire},
};

/// The checks of this stage.
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
const FIX: &str = "See the log of the register function: `sam logs`, or what `jean serve` prints.";

/// The responses.
pub(super) struct Registrations {
    claude: Outcome,
    claude_code: Outcome,
    chatgpt: Outcome,
    cursor: Outcome,
    odd_address: Outcome,
    odd_field: Outcome,
    repeated: Vec<Outcome>,
    refusal: Outcome,
}

/// A registered client.
#[derive(Clone)]
pub(super) struct RegisteredClient {
    pub(super) id: String,
    pub(super) secret: Option<String>,
}

/// The clients that later stages use.
#[derive(Clone)]
pub(super) struct RegisteredClients {
    /// Its redirect URI is [`CLAUDE_CALLBACK`].
    pub(super) claude: RegisteredClient,
    /// It uses a loopback port that it did not register.
    pub(super) claude_code: RegisteredClient,
}

/// Registers as each client. The server deletes unused registrations after a day.
pub(super) async fn observe(wire: &Wire, server: &AuthorizationServer) -> Result<Registrations, Problem> {
    let endpoint = server.registration_endpoint.as_deref();
    let endpoint = endpoint.ok_or_else(|| Problem::skipped("no registration endpoint is advertised"))?;
    let register = |body: Value| wire.send(Probe::json(endpoint, &body).step(TimedStep::Registration));
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
    /// Returns the clients for later stages.
    pub(super) fn clients(&self) -> Result<RegisteredClients, Problem> {
        let client = |seen: &Outcome| {
            let registered = registered(seen).map_err(|problem| problem.as_skipped())?;
            let text = |name: &str| registered[name].as_str().map(String::from);
            let id = text("client_id").ok_or_else(|| Problem::skipped("the registration gave no client_id"))?;
            Ok::<_, Problem>(RegisteredClient { id, secret: text("client_secret") })
        };
        // Any registration with Claude's redirect URI will do.
        let claude = claude(self).and_then(|_| client(&self.claude)).or_else(|_| client(&self.odd_field))?;
        Ok(RegisteredClients { claude, claude_code: client(&self.claude_code)? })
    }
}

fn registered(seen: &Outcome) -> Result<Value, Problem> {
    seen.as_ref()?.json_with(201, FIX)
}

fn claude(seen: &Registrations) -> Judgement {
    let answer = registered(&seen.claude)?;
    match (answer["token_endpoint_auth_method"].as_str(), answer["client_secret"].as_str()) {
        (Some("client_secret_post"), Some(_)) => Ok("with a secret, in the body (client_secret_post)".into()),
        _ => Err(Problem::fail("Claude asked for client_secret_post and got no secret", FIX)),
    }
}

fn claude_code(seen: &Registrations) -> Judgement {
    let answer = registered(&seen.claude_code)?;
    let registered = answer["redirect_uris"].as_array().map_or(0, Vec::len);
    match registered {
        2 => Ok("as a public client, with loopback redirect URIs without a port".into()),
        _ => Err(Problem::fail(format!("{registered} of 2 loopback redirect URIs were registered"), FIX)),
    }
}

fn chatgpt(seen: &Registrations) -> Judgement {
    let answer = registered(&seen.chatgpt)?;
    match answer["token_endpoint_auth_method"].as_str() {
        Some("none") => Ok("as a public client".into()),
        other => Err(Problem::fail(
            format!("ChatGPT was registered for {}, and can only do none", other.unwrap_or("nothing")),
            FIX,
        )),
    }
}

fn cursor(seen: &Registrations) -> Judgement {
    let answer = registered(&seen.cursor)?;
    match answer["redirect_uris"] == json!(CURSOR) {
        true => Ok("with cursor://, https and loopback redirect URIs".into()),
        false => Err(Problem::fail(
            format!("only these redirect URIs of Cursor were registered: {}", answer["redirect_uris"]),
            FIX,
        )),
    }
}

fn odd_address(seen: &Registrations) -> Judgement {
    let answer = registered(&seen.odd_address)?;
    match answer["redirect_uris"] == json!([CLAUDE_CALLBACK]) {
        true => Ok("an invalid redirect URI is omitted, the others are registered".into()),
        false => {
            Err(Problem::fail(format!("a javascript: redirect URI was registered: {}", answer["redirect_uris"]), FIX))
        }
    }
}

fn odd_field(seen: &Registrations) -> Judgement {
    registered(&seen.odd_field).map(|_| "unknown fields are ignored".into())
}

fn repeated(seen: &Registrations) -> Judgement {
    let mut ids = Vec::new();
    for seen in &seen.repeated {
        ids.push(registered(seen)?["client_id"].clone());
    }
    match ids.as_slice() {
        [first, second] if first != second => Ok("concurrent registrations create two clients".into()),
        _ => Err(Problem::fail("concurrent registrations got the same client_id", FIX)),
    }
}

fn refusal(seen: &Registrations) -> Judgement {
    let answer = seen.refusal.as_ref()?;
    let error = answer.json_with(400, FIX)?;
    match error["error"].as_str() {
        Some("invalid_redirect_uri") => {
            Ok("a registration without a valid redirect URI is rejected: invalid_redirect_uri".into())
        }
        _ => Err(Problem::fail(format!("{} instead of invalid_redirect_uri", answer.summary_with_error()), FIX)),
    }
}
