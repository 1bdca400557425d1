//! The metadata of the resource ([RFC 9728](https://www.rfc-editor.org/rfc/rfc9728)) and of its authorization server
//! ([RFC 8414](https://www.rfc-editor.org/rfc/rfc8414)).

mod advertised;
mod documents;

pub(super) use self::documents::{AuthorizationServer, Discovery, observe};
use self::documents::{SPOOFED, addresses, texts};
use super::{
    answer::{Outcome, Reply},
    report::{Check, Judgement, Problem},
};

/// The checks of this stage.
pub(super) const CHECKS: [Check<Discovery>; 15] = [
    Check("discovery.path-suffixed", |seen| resource_document(&seen.path_suffixed)),
    Check("discovery.root", |seen| resource_document(&seen.root)),
    Check("discovery.named", |seen| {
        seen.named
            .as_ref()
            .map_or_else(|| Err(Problem::skipped("the challenge names no metadata URL")), resource_document)
    }),
    Check("discovery.resource", resource),
    Check("discovery.authorization-servers", authorization_servers),
    Check("discovery.server", |seen| Ok(seen.server_json().map(|_| "authorization server metadata is there")?.into())),
    Check("discovery.issuer", issuer),
    Check("discovery.endpoints", endpoints),
    Check("discovery.stage", stage),
    Check("discovery.s256", advertised::s256),
    Check("discovery.none", advertised::none),
    Check("discovery.offline-access", advertised::offline_access),
    Check("discovery.ways-to-register", advertised::ways_to_register),
    Check("discovery.iss", advertised::iss),
    Check("discovery.host", host),
];

const WHERE_FROM: &str = "The value comes from PublicUrl (for the local server, from the port): deploy with PublicUrl set to the origin that users type, or empty.";

/// Common names of stages.
const STAGES: [&str; 8] = ["prod", "production", "dev", "stage", "staging", "test", "v1", "$default"];

fn resource_document(seen: &Outcome) -> Judgement {
    let answer: &Reply = seen.as_ref()?;
    let fix = "See DiscoveryFunction and its routes in template.yaml; many clients look here first.";
    answer.json_with(200, fix).map(|_| answer.summary())
}

/// Claude compares `resource` with the typed URL, byte for byte.
fn resource(seen: &Discovery) -> Judgement {
    let document = seen.resource_json()?;
    let resource = document["resource"].as_str().unwrap_or_default();
    if resource == seen.target.mcp {
        return Ok(format!("resource is {resource}"));
    }
    let fix = if resource.trim_end_matches('/') == seen.target.mcp.trim_end_matches('/') {
        "They differ by a trailing slash: paste the URL from the metadata, or remove the slash where it is added."
            .into()
    } else {
        format!("Paste that URL if it is yours. {WHERE_FROM}")
    };
    Err(Problem::fail(format!("resource is {resource:?}, and you typed {:?}", seen.target.mcp), fix))
}

fn authorization_servers(seen: &Discovery) -> Judgement {
    let document = seen.resource_json()?;
    let servers: Vec<_> = texts(&document, "authorization_servers").collect();
    match servers.as_slice() {
        [] => Err(Problem::fail("authorization_servers is empty or missing", WHERE_FROM)),
        [first, ..] if *first != seen.target.origin => Err(Problem::fail(
            format!("the first of authorization_servers is {first}, not {}", seen.target.origin),
            WHERE_FROM,
        )),
        [first] => Ok(format!("{first}, and no other")),
        [first, ..] => Err(Problem::warn(
            format!("{} are named; clients use the first alone, {first}", servers.len()),
            "Name one.",
        )),
    }
}

/// RFC 8414 §3.3: clients stop if the issuers differ in a single byte.
fn issuer(seen: &Discovery) -> Judgement {
    let document = seen.server_json().map_err(|problem| problem.as_skipped())?;
    let resource = seen.resource_json()?;
    let (issuer, named) = (document["issuer"].as_str(), resource["authorization_servers"][0].as_str());
    if issuer.is_some() && issuer == named {
        return Ok(format!("issuer is {}", issuer.unwrap_or_default()));
    }
    let (issuer, named) = (issuer.unwrap_or_default(), named.unwrap_or_default());
    Err(Problem::fail(format!("issuer is {issuer:?}, and authorization_servers name {named:?}"), WHERE_FROM))
}

fn endpoints(seen: &Discovery) -> Judgement {
    let document = seen.server_json().map_err(|problem| problem.as_skipped())?;
    for (name, address) in addresses(&document) {
        match address {
            // Registration is judged by `ways_to_register`.
            None if name == "registration_endpoint" => {}
            None => {
                return Err(Problem::fail(
                    format!("no {name}"),
                    "Check what overwrites the response of DiscoveryFunction.",
                ));
            }
            Some(address) if !address.starts_with(&seen.target.at("/")) => {
                return Err(Problem::fail(format!("{name} is {address}, on another origin"), WHERE_FROM));
            }
            Some(_) => {}
        }
    }
    Ok("all of this origin".into())
}

fn stage(seen: &Discovery) -> Judgement {
    let document = seen.server_json().map_err(|problem| problem.as_skipped())?;
    for (name, address) in addresses(&document) {
        let path = address.and_then(|address| url::Url::parse(address).ok());
        let first = path.and_then(|url| Some(url.path_segments()?.next()?.to_lowercase()));
        if first.as_deref().is_some_and(|first| STAGES.contains(&first)) {
            return Err(Problem::fail(
                format!("{name} is {}: a stage stands before its path", address.unwrap_or_default()),
                "The API's stage has to be $default (template.yaml has it so), or a domain of its own has to hide it: PublicUrl.",
            ));
        }
    }
    Ok("no stage in the addresses".into())
}

/// If a request header could change the documents, an attacker could poison caches and send clients to another server.
fn host(seen: &Discovery) -> Judgement {
    for answer in seen.spoofed.iter().filter_map(|seen| seen.as_ref().ok()) {
        if answer.text().contains(SPOOFED) && answer.status.is_success() {
            return Err(Problem::fail(
                "the metadata follow a spoofed Host or X-Forwarded-Host header",
                "Set PublicUrl, and let nothing in front rewrite the documents by a request's host: caches would keep the forgery.",
            ));
        }
    }
    Ok("a spoofed Host, X-Forwarded-Host or Forwarded changes nothing".into())
}
