//! The metadata of the resource (RFC 9728) and of its authorization server (RFC 8414).

mod advertised;

use serde_json::Value;

use super::{
    Target,
    answer::{Answer, Seen},
    report::{Check, Judgement, Trouble},
    timing::Step,
    wire::{Ask, Wire},
};

/// What is looked at.
pub(super) const CHECKS: [Check<Discovery>; 15] = [
    Check("discovery.path-suffixed", |seen| resource_document(&seen.path_suffixed)),
    Check("discovery.root", |seen| resource_document(&seen.root)),
    Check("discovery.named", |seen| {
        seen.named.as_ref().map_or_else(|| Err(Trouble::skipped("the challenge named none")), resource_document)
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

/// What nobody's server is called.
const SPOOFED: &str = "spoofed.example";
const WHERE_FROM: &str = "It is made from PublicUrl (on your desk from the port): deploy with PublicUrl set to the origin people type, or empty.";

/// What stages are called, most of the time.
const STAGES: [&str; 8] = ["prod", "production", "dev", "stage", "staging", "test", "v1", "$default"];

/// The documents, as they were answered.
pub(super) struct Discovery {
    target: Target,
    path_suffixed: Seen,
    root: Seen,
    named: Option<Seen>,
    server: Seen,
    spoofed: Vec<Seen>,
}

/// Where to go on.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) registration_endpoint: Option<String>,
    pub(super) revocation_endpoint: Option<String>,
    pub(super) takes_documents: bool,
    pub(super) scopes: Vec<String>,
}

/// Reads the documents as clients do: with the header that makes a browser ask first.
pub(super) async fn observe(wire: &Wire, target: &Target, named: Option<String>) -> Discovery {
    let get = |url: &str| Ask::get(url).header("mcp-protocol-version", "2025-11-25").step(Step::Discovery);
    let path_suffixed = wire.send(get(&target.path_suffixed())).await;
    let root = wire.send(get(&target.at("/.well-known/oauth-protected-resource"))).await;
    let named = match named {
        Some(url) if url != target.path_suffixed() && url::Url::parse(&url).is_ok() => Some(wire.send(get(&url)).await),
        Some(_) => Some(path_suffixed.clone()),
        None => None,
    };
    let issuer = [&path_suffixed, &root].into_iter().find_map(|seen| {
        let document = seen.as_ref().ok()?.json().ok()?;
        Some(document["authorization_servers"][0].as_str()?.to_owned())
    });
    let issuer = issuer.unwrap_or_else(|| target.origin.clone());
    let well_known = format!("{}/.well-known/oauth-authorization-server", issuer.trim_end_matches('/'));
    let server = wire.send(get(&well_known)).await;
    let mut spoofed = Vec::new();
    for header in ["host", "x-forwarded-host", "forwarded"] {
        let value = if header == "forwarded" { format!("host={SPOOFED};proto=https") } else { SPOOFED.into() };
        spoofed.push(wire.send(get(&well_known).header(header, value)).await);
    }
    Discovery { target: target.clone(), path_suffixed, root, named, server, spoofed }
}

impl Discovery {
    fn resource_json(&self) -> Result<Value, Trouble> {
        let seen =
            [&self.path_suffixed, &self.root].into_iter().find_map(|seen| seen.as_ref().ok()?.json_with(200, "").ok());
        seen.ok_or_else(|| Trouble::skipped("there is no protected resource metadata"))
    }

    fn server_json(&self) -> Result<Value, Trouble> {
        self.server.as_ref()?.json_with(200, "See DiscoveryFunction and its routes in template.yaml.")
    }

    /// What the stages after this one go by.
    pub(super) fn server(&self) -> Result<Server, Trouble> {
        let document = self.server_json().map_err(|trouble| trouble.as_skipped())?;
        let text = |name: &str| document[name].as_str().map(String::from);
        let needed = |name| text(name).ok_or_else(|| Trouble::skipped(format!("the metadata name no {name}")));
        let is_ours = |address: &str| address.starts_with(&self.target.at("/"));
        if let Some((name, _)) =
            addresses(&document).iter().find(|(_, address)| address.is_some_and(|url| !is_ours(url)))
        {
            return Err(Trouble::skipped(format!("{name} is on another origin, where no code or secret is sent")));
        }
        Ok(Server {
            issuer: needed("issuer")?,
            authorization_endpoint: needed("authorization_endpoint")?,
            token_endpoint: needed("token_endpoint")?,
            registration_endpoint: text("registration_endpoint"),
            revocation_endpoint: text("revocation_endpoint"),
            takes_documents: document["client_id_metadata_document_supported"] == true,
            scopes: texts(&document, "scopes_supported").map(String::from).collect(),
        })
    }
}

fn texts<'a>(document: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    document[name].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn resource_document(seen: &Seen) -> Judgement {
    let answer: &Answer = seen.as_ref()?;
    let mend = "See DiscoveryFunction and its routes in template.yaml; many clients look here first.";
    answer.json_with(200, mend).map(|_| answer.summary())
}

/// Claude compares it with what was typed, byte for byte.
fn resource(seen: &Discovery) -> Judgement {
    let document = seen.resource_json()?;
    let resource = document["resource"].as_str().unwrap_or_default();
    if resource == seen.target.mcp {
        return Ok(format!("resource is {resource}"));
    }
    let mend = if resource.trim_end_matches('/') == seen.target.mcp.trim_end_matches('/') {
        "They differ by a slash at the end: paste the URL as the metadata have it, or mend what adds it.".into()
    } else {
        format!("Paste that URL if it is yours. {WHERE_FROM}")
    };
    Err(Trouble::fail(format!("resource is {resource:?}, and you typed {:?}", seen.target.mcp), mend))
}

fn authorization_servers(seen: &Discovery) -> Judgement {
    let document = seen.resource_json()?;
    let servers: Vec<_> = texts(&document, "authorization_servers").collect();
    match servers.as_slice() {
        [] => Err(Trouble::fail("authorization_servers is empty or missing", WHERE_FROM)),
        [first, ..] if *first != seen.target.origin => Err(Trouble::fail(
            format!("the first of authorization_servers is {first}, not {}", seen.target.origin),
            WHERE_FROM,
        )),
        [first] => Ok(format!("{first}, and no other")),
        [first, ..] => Err(Trouble::warn(
            format!("{} are named; clients use the first alone, {first}", servers.len()),
            "Name one.",
        )),
    }
}

/// RFC 8414 §3.3: a difference of one byte ends the conversation.
fn issuer(seen: &Discovery) -> Judgement {
    let document = seen.server_json().map_err(|trouble| trouble.as_skipped())?;
    let resource = seen.resource_json()?;
    let (issuer, named) = (document["issuer"].as_str(), resource["authorization_servers"][0].as_str());
    if issuer.is_some() && issuer == named {
        return Ok(format!("issuer is {}", issuer.unwrap_or_default()));
    }
    let (issuer, named) = (issuer.unwrap_or_default(), named.unwrap_or_default());
    Err(Trouble::fail(format!("issuer is {issuer:?}, and authorization_servers name {named:?}"), WHERE_FROM))
}

fn addresses(document: &Value) -> Vec<(&'static str, Option<&str>)> {
    ["authorization_endpoint", "token_endpoint", "registration_endpoint", "revocation_endpoint"]
        .map(|name| (name, document[name].as_str()))
        .into()
}

fn endpoints(seen: &Discovery) -> Judgement {
    let document = seen.server_json().map_err(|trouble| trouble.as_skipped())?;
    for (name, address) in addresses(&document) {
        match address {
            // There are other ways, see `ways_to_register`.
            None if name == "registration_endpoint" => {}
            None => {
                return Err(Trouble::fail(format!("no {name}"), "See DiscoveryFunction: what writes over its answer?"));
            }
            Some(address) if !address.starts_with(&seen.target.at("/")) => {
                return Err(Trouble::fail(format!("{name} is {address}, on another origin"), WHERE_FROM));
            }
            Some(_) => {}
        }
    }
    Ok("all of this origin".into())
}

fn stage(seen: &Discovery) -> Judgement {
    let document = seen.server_json().map_err(|trouble| trouble.as_skipped())?;
    for (name, address) in addresses(&document) {
        let path = address.and_then(|address| url::Url::parse(address).ok());
        let first = path.and_then(|url| Some(url.path_segments()?.next()?.to_lowercase()));
        if first.as_deref().is_some_and(|first| STAGES.contains(&first)) {
            return Err(Trouble::fail(
                format!("{name} is {}: a stage stands before its path", address.unwrap_or_default()),
                "The API's stage has to be $default (template.yaml has it so), or a domain of its own has to hide it: PublicUrl.",
            ));
        }
    }
    Ok("no stage in the addresses".into())
}

/// What a stranger's header can put into the document would send clients to the stranger.
fn host(seen: &Discovery) -> Judgement {
    for answer in seen.spoofed.iter().filter_map(|seen| seen.as_ref().ok()) {
        if answer.text().contains(SPOOFED) && answer.status.is_success() {
            return Err(Trouble::fail(
                "the metadata follow a spoofed Host or X-Forwarded-Host header",
                "Set PublicUrl, and let nothing in front rewrite the documents by a request's host: caches would keep the forgery.",
            ));
        }
    }
    Ok("a spoofed Host, X-Forwarded-Host or Forwarded changes nothing".into())
}
