//! The authorization endpoint without a sign-in.

use http::header;
use jean_runtime::Random;
use url::Url;

use super::{
    answer::{Outcome, Reply},
    discovery::AuthorizationServer,
    registration::{CLAUDE_CALLBACK, RegisteredClient, RegisteredClients},
    report::{Check, Judgement, Problem},
    target::Target,
    wire::{Probe, Wire},
};
use crate::form;

/// The checks of this stage.
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

/// Claude's client metadata document.
const CLAUDE_DOCUMENT: &str = "https://claude.ai/oauth/mcp-oauth-client-metadata";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"; // RFC 7636, appendix B; never redeemed
pub(super) const FIX: &str = "See the log of the authorize function: `sam logs`, or what `jean serve` prints.";

/// The responses.
pub(super) struct Authorization {
    server: AuthorizationServer,
    state: String,
    page: Outcome,
    loopback: Outcome,
    unregistered: Outcome,
    unknown: Outcome,
    without_pkce: Outcome,
    plain: Outcome,
    resources: Vec<(String, Outcome)>,
    document: Option<Outcome>,
}

/// Builds an authorization request. `changed` overrides the usual parameters; an empty value removes one.
pub(super) fn address(
    server: &AuthorizationServer,
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

/// Sends authorization requests without signing in.
pub(super) async fn observe(
    wire: &Wire,
    target: &Target,
    server: &AuthorizationServer,
    clients: &RegisteredClients,
    random: &Random,
) -> Authorization {
    let state = random.id();
    let RegisteredClient { id: claude, .. } = &clients.claude;
    let ask = async |client_id: &str, redirect_uri: &str, changed: &[(&str, &str)]| {
        let changed = [changed, &[("state", state.as_str())]].concat();
        let url = address(server, client_id, redirect_uri, CHALLENGE, &changed);
        wire.send(Probe::get(&url).header("accept", "text/html").header("sec-fetch-site", "cross-site")).await
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
        unknown: ask("unknown_aaaaaaaaaaaa", CLAUDE_CALLBACK, &[]).await,
        without_pkce: ask(claude, CLAUDE_CALLBACK, &[("code_challenge", ""), ("code_challenge_method", "")]).await,
        plain: ask(claude, CLAUDE_CALLBACK, &[("code_challenge_method", "plain")]).await,
        server: server.clone(),
        state,
        resources,
        document,
    }
}

/// `true` if the response is a page.
fn is_page(answer: &Reply) -> bool {
    answer.status.is_success() && answer.header(header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/html"))
}

fn shows(answer: &Reply, what: &str) -> Judgement {
    if is_page(answer) {
        return Ok(format!("{what}: a page to sign in"));
    }
    let why = answer.redirect_parameter("error").unwrap_or_else(|| form::text(&answer.text()));
    Err(Problem::fail(format!("{what}: {}, {why}", answer.summary()), FIX))
}

fn page(seen: &Authorization) -> Judgement {
    shows(seen.page.as_ref()?, "Claude's request")
}

/// RFC 8252 §7.3: native apps use any free port.
fn loopback_port(seen: &Authorization) -> Judgement {
    shows(seen.loopback.as_ref()?, "Claude Code's, with a port it did not register")
}

fn resource(seen: &Authorization) -> Judgement {
    for (resource, answer) in &seen.resources {
        shows(answer.as_ref()?, &format!("resource {resource}"))?;
    }
    Ok("a trailing slash or the origin is accepted as the same resource".into())
}

fn refused_by_a_page(seen: &Outcome, what: &str) -> Judgement {
    let answer = seen.as_ref()?;
    match (answer.location(), answer.status.as_u16()) {
        (Some(location), _) => Err(Problem::fail(
            format!("{what}: the browser is sent to {location}"),
            "Codes are sent to attackers. Take the server offline until this is fixed; check that this software answers.",
        )),
        (None, 400) => Ok(format!("{what}: an error page")),
        (None, status) => Err(Problem::fail(format!("{what}: {status} instead of 400"), FIX)),
    }
}

fn refused_by_redirect(seen: &Outcome, what: &str) -> Judgement {
    let answer = seen.as_ref()?;
    match answer.redirect_parameter("error").as_deref() {
        Some("invalid_request") if answer.location().is_some_and(|to| to.starts_with(CLAUDE_CALLBACK)) => {
            Ok(format!("{what} is rejected"))
        }
        Some(error) => Err(Problem::warn(format!("{what} is rejected as {error}, not as invalid_request"), FIX)),
        None => Err(Problem::fail(
            format!("{what}: {} instead of an error", answer.summary()),
            "Without S256, an attacker can redeem a stolen code. Check that this software answers.",
        )),
    }
}

/// RFC 9207 and RFC 6749 §4.1.2.1, judged by an error response.
fn iss(seen: &Authorization) -> Judgement {
    let answer = seen.without_pkce.as_ref()?;
    if answer.location().is_none() {
        return Err(Problem::skipped("no authorization response was seen"));
    }
    let (iss, state) = (answer.redirect_parameter("iss"), answer.redirect_parameter("state"));
    if state.as_deref() != Some(&seen.state) {
        return Err(Problem::fail("the state is not returned", FIX));
    }
    match iss {
        Some(iss) if iss == seen.server.issuer => Ok("iss and state are returned".into()),
        iss => Err(Problem::fail(
            format!("iss is {:?} instead of {:?}", iss.unwrap_or_default(), seen.server.issuer),
            "Both iss and issuer come from PublicUrl and must be of the same deployment.",
        )),
    }
}

fn framing(seen: &Authorization) -> Judgement {
    let answer = seen.page.as_ref()?;
    let policy = answer.header(header::CONTENT_SECURITY_POLICY).unwrap_or_default();
    match policy.contains("frame-ancestors 'none'") {
        true => Ok("no other site can frame the pages".into()),
        false => Err(Problem::fail(
            "the page has no frame-ancestors 'none': other sites can embed it (clickjacking)",
            "The function sends it: check what rewrites Content-Security-Policy on the way.",
        )),
    }
}

/// Chromium applies `form-action` to every redirect after a form, including the one to the client.
pub(super) fn form_action(page: &Reply) -> Judgement {
    let policies = page.headers.get_all(header::CONTENT_SECURITY_POLICY).iter();
    let policy: Vec<_> = policies.filter_map(|policy| policy.to_str().ok()).collect();
    match policy.join("; ").split(';').map(str::trim).find(|directive| directive.starts_with("form-action")) {
        None => Ok("no form-action blocks the redirect to the client".into()),
        Some(directive) => Err(Problem::fail(
            format!(
                "{}: Content-Security-Policy has `{directive}`, which blocks the redirect to the client in Chromium",
                page.asked
            ),
            "The pages have no form-action: check what adds one on the way (CDN, proxy).",
        )),
    }
}

fn metadata_document(seen: &Authorization) -> Judgement {
    let Some(seen) = &seen.document else {
        return Err(Problem::skipped("metadata documents are not advertised"));
    };
    let answer = seen.as_ref()?;
    if is_page(answer) {
        return Ok("the server reads claude.ai's document".into());
    }
    Err(Problem::warn(
        format!("{}; the page says: {}", answer.summary(), form::text(&answer.text())),
        "The authorize function needs direct access to the internet on port 443; a proxy is not supported (README). Clients \
         that prefer metadata documents, such as Claude Code, cannot connect. Without that access, turn documents off: \
         `jean serve --client-metadata-documents off`, or the parameter ClientMetadataDocuments=off.",
    ))
}
