//! The authorization endpoint, as far as a stranger gets.

use http::header;
use jean_runtime::Random;
use url::Url;

use super::{
    Target,
    answer::{Answer, Seen},
    discovery::Server,
    registration::{CLAUDE_CALLBACK, Client, Clients},
    report::{Check, Judgement, Trouble},
    wire::{Ask, Wire},
};
use crate::form;

/// What is looked at.
pub(super) const CHECKS: [Check<Authorization>; 11] = [
    Check("authorization.page", page),
    Check("authorization.loopback-port", loopback_port),
    Check("authorization.foreign-address", |seen| {
        refused_by_a_page(&seen.unregistered, "an address that was never registered")
    }),
    Check("authorization.unknown-client", |seen| {
        refused_by_a_page(&seen.unknown, "a client that was never registered")
    }),
    Check("authorization.pkce-missing", |seen| {
        refused_by_redirect(&seen.without_pkce, "a request without a challenge")
    }),
    Check("authorization.pkce-plain", |seen| refused_by_redirect(&seen.plain, "the method plain")),
    Check("authorization.iss", iss),
    Check("authorization.resource", resource),
    Check("authorization.framing", framing),
    Check("authorization.form-action", |seen| form_action(seen.page.as_ref()?)),
    Check("authorization.metadata-document", metadata_document),
];

/// Where Claude describes itself.
const CLAUDE_DOCUMENT: &str = "https://claude.ai/oauth/mcp-oauth-client-metadata";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"; // RFC 7636, appendix B: nobody redeems it
pub(super) const MEND: &str = "See the log of the authorize function: `sam logs`, or what `jean serve` prints.";

/// The answers.
pub(super) struct Authorization {
    server: Server,
    state: String,
    page: Seen,
    loopback: Seen,
    unregistered: Seen,
    unknown: Seen,
    without_pkce: Seen,
    plain: Seen,
    resources: Vec<(String, Seen)>,
    document: Option<Seen>,
}

/// The address a client sends a person to. `changed` stands for, or in place of, what is usual.
pub(super) fn address(
    server: &Server,
    client_id: &str,
    redirect_uri: &str,
    challenge: &str,
    changed: &[(&str, &str)],
) -> String {
    let scope = server.scopes.join(" ");
    let usual = [
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", redirect_uri),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
        ("scope", &scope),
    ];
    let kept = usual.into_iter().filter(|(name, _)| !changed.iter().any(|(changed, _)| changed == name));
    let pairs = kept.chain(changed.iter().copied()).filter(|(_, value)| !value.is_empty());
    Url::parse_with_params(&server.authorization_endpoint, pairs).map_or_else(|_| String::new(), String::from)
}

/// Asks for codes, and gets none.
pub(super) async fn observe(
    wire: &Wire,
    target: &Target,
    server: &Server,
    clients: &Clients,
    random: &Random,
) -> Authorization {
    let state = random.id();
    let Client { id: claude, .. } = &clients.claude;
    let ask = async |client_id: &str, redirect_uri: &str, changed: &[(&str, &str)]| {
        let changed = [changed, &[("state", state.as_str())]].concat();
        let url = address(server, client_id, redirect_uri, CHALLENGE, &changed);
        wire.send(Ask::get(&url).header("accept", "text/html").header("sec-fetch-site", "cross-site")).await
    };
    let port = 49_152 + random.u64() % 16_384;
    let mut resources = Vec::new();
    for resource in [format!("{}/", target.mcp.trim_end_matches('/')), target.origin.clone()] {
        let seen = ask(claude, CLAUDE_CALLBACK, &[("resource", &resource)]).await;
        resources.push((resource, seen));
    }
    let document = if server.takes_documents { Some(ask(CLAUDE_DOCUMENT, CLAUDE_CALLBACK, &[]).await) } else { None };
    Authorization {
        page: ask(claude, CLAUDE_CALLBACK, &[("resource", &target.mcp)]).await,
        loopback: ask(&clients.claude_code.id, &format!("http://localhost:{port}/callback"), &[]).await,
        unregistered: ask(claude, "https://foreign.example/callback", &[]).await,
        unknown: ask("nobody_aaaaaaaaaaaa", CLAUDE_CALLBACK, &[]).await,
        without_pkce: ask(claude, CLAUDE_CALLBACK, &[("code_challenge", ""), ("code_challenge_method", "")]).await,
        plain: ask(claude, CLAUDE_CALLBACK, &[("code_challenge_method", "plain")]).await,
        server: server.clone(),
        state,
        resources,
        document,
    }
}

/// Whether somebody is asked to sign in, here or on the page they are sent to on this server.
fn is_page(answer: &Answer) -> bool {
    answer.status.is_success() && answer.header(header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/html"))
}

fn shows(answer: &Answer, what: &str) -> Judgement {
    if is_page(answer) {
        return Ok(format!("{what}: a page to sign in"));
    }
    let why = answer.sent_on_with("error").unwrap_or_else(|| form::text(&answer.text()));
    Err(Trouble::fail(format!("{what}: {}, {why}", answer.summary()), MEND))
}

fn page(seen: &Authorization) -> Judgement {
    shows(seen.page.as_ref()?, "Claude's request")
}

/// RFC 8252 §7.3: a program on this computer takes the port it gets.
fn loopback_port(seen: &Authorization) -> Judgement {
    shows(seen.loopback.as_ref()?, "Claude Code's, with a port it did not register")
}

fn resource(seen: &Authorization) -> Judgement {
    for (resource, answer) in &seen.resources {
        shows(answer.as_ref()?, &format!("resource {resource}"))?;
    }
    Ok("with a slash at its end, or as the origin, it means the same".into())
}

fn refused_by_a_page(seen: &Seen, what: &str) -> Judgement {
    let answer = seen.as_ref()?;
    match (answer.location(), answer.status.as_u16()) {
        (Some(location), _) => Err(Trouble::fail(
            format!("{what}: the browser is sent to {location}"),
            "That hands codes to strangers. Take the server off the net until it refuses; is it this software that answers?",
        )),
        (None, 400) => Ok(format!("{what}: a page that says so")),
        (None, status) => Err(Trouble::fail(format!("{what}: {status} in place of 400"), MEND)),
    }
}

fn refused_by_redirect(seen: &Seen, what: &str) -> Judgement {
    let answer = seen.as_ref()?;
    match answer.sent_on_with("error").as_deref() {
        Some("invalid_request") if answer.location().is_some_and(|to| to.starts_with(CLAUDE_CALLBACK)) => {
            Ok(format!("{what} is refused"))
        }
        Some(error) => Err(Trouble::warn(format!("{what} is refused as {error}, not as invalid_request"), MEND)),
        None => Err(Trouble::fail(
            format!("{what}: {} in place of a refusal", answer.summary()),
            "Without S256 a stolen code is a stolen account. Is it this software that answers?",
        )),
    }
}

/// RFC 9207 and RFC 6749 §4.1.2.1, by the error that was just provoked.
fn iss(seen: &Authorization) -> Judgement {
    let answer = seen.without_pkce.as_ref()?;
    if answer.location().is_none() {
        return Err(Trouble::skipped("no authorization response was seen"));
    }
    let (iss, state) = (answer.sent_on_with("iss"), answer.sent_on_with("state"));
    if state.as_deref() != Some(&seen.state) {
        return Err(Trouble::fail("the state does not come back", MEND));
    }
    match iss {
        Some(iss) if iss == seen.server.issuer => Ok("iss and state come back".into()),
        iss => Err(Trouble::fail(
            format!("iss is {:?} in place of {:?}", iss.unwrap_or_default(), seen.server.issuer),
            "It is made from PublicUrl, as the issuer is: both have to come from the same deployment.",
        )),
    }
}

fn framing(seen: &Authorization) -> Judgement {
    let answer = seen.page.as_ref()?;
    let policy = answer.header(header::CONTENT_SECURITY_POLICY).unwrap_or_default();
    match policy.contains("frame-ancestors 'none'") {
        true => Ok("no other site can frame the pages".into()),
        false => Err(Trouble::fail(
            "the page has no frame-ancestors 'none': another site can lay itself over it",
            "The function sends it: look for what rewrites Content-Security-Policy on the way.",
        )),
    }
}

/// Chromium holds the whole way back to the client against it.
pub(super) fn form_action(page: &Answer) -> Judgement {
    let policies = page.headers.get_all(header::CONTENT_SECURITY_POLICY).iter();
    let policy: Vec<_> = policies.filter_map(|policy| policy.to_str().ok()).collect();
    match policy.join("; ").split(';').map(str::trim).find(|directive| directive.starts_with("form-action")) {
        None => Ok("nothing keeps Chromium from going back to the client".into()),
        Some(directive) => Err(Trouble::fail(
            format!(
                "{}: Content-Security-Policy has `{directive}`, which stops Chromium on its way back to the client",
                page.asked
            ),
            "The pages have no form-action: look for what adds one on the way (CDN, proxy).",
        )),
    }
}

fn metadata_document(seen: &Authorization) -> Judgement {
    let Some(seen) = &seen.document else {
        return Err(Trouble::skipped("metadata documents are not advertised"));
    };
    let answer = seen.as_ref()?;
    if is_page(answer) {
        return Ok("the server reads claude.ai's document".into());
    }
    Err(Trouble::warn(
        format!("{}; the page says: {}", answer.summary(), form::text(&answer.text())),
        "The authorize function has to reach the web directly, port 443: on a desk behind a proxy it can't (README, Limits). \
         Clients that prefer documents, such as Claude Code, can't connect then.",
    ))
}
