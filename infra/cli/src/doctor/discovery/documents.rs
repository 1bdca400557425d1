//! The metadata documents, as clients request them.

use serde_json::Value;

use crate::doctor::{
    answer::Outcome,
    report::Problem,
    target::Target,
    timing::TimedStep,
    wire::{Probe, Wire},
};

/// A host name that no server has.
pub(super) const SPOOFED: &str = "spoofed.example";

/// The responses.
pub(in crate::doctor) struct Discovery {
    pub(super) target: Target,
    pub(super) path_suffixed: Outcome,
    pub(super) root: Outcome,
    pub(super) named: Option<Outcome>,
    pub(super) server: Outcome,
    pub(super) spoofed: Vec<Outcome>,
}

/// The authorization server's metadata, as far as later stages need them.
#[derive(Clone)]
pub(in crate::doctor) struct AuthorizationServer {
    pub(in crate::doctor) issuer: String,
    pub(in crate::doctor) authorization_endpoint: String,
    pub(in crate::doctor) token_endpoint: String,
    pub(in crate::doctor) registration_endpoint: Option<String>,
    pub(in crate::doctor) revocation_endpoint: Option<String>,
    pub(in crate::doctor) takes_documents: bool,
    pub(in crate::doctor) scopes: Vec<String>,
}

/// Requests the documents as clients do, with the header that requires a preflight in browsers.
pub(in crate::doctor) async fn observe(wire: &Wire, target: &Target, named: Option<String>) -> Discovery {
    let get = |url: &str| Probe::get(url).header("mcp-protocol-version", "2025-11-25").step(TimedStep::Discovery);
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
    pub(super) fn resource_json(&self) -> Result<Value, Problem> {
        let seen =
            [&self.path_suffixed, &self.root].into_iter().find_map(|seen| seen.as_ref().ok()?.json_with(200, "").ok());
        seen.ok_or_else(|| Problem::skipped("there is no protected resource metadata"))
    }

    /// Returns the endpoint that the metadata name.
    pub(in crate::doctor) fn endpoint(&self) -> Option<String> {
        Some(self.resource_json().ok()?["resource"].as_str()?.to_owned())
    }

    /// `true` if neither the resource nor its authorization server has metadata.
    pub(in crate::doctor) fn is_empty(&self) -> bool {
        self.resource_json().is_err() && self.server_json().is_err()
    }

    pub(super) fn server_json(&self) -> Result<Value, Problem> {
        self.server.as_ref()?.json_with(200, "See DiscoveryFunction and its routes in template.yaml.")
    }

    /// Returns the metadata for the stages after this one.
    pub(in crate::doctor) fn server(&self) -> Result<AuthorizationServer, Problem> {
        let document = self.server_json().map_err(|problem| problem.as_skipped())?;
        let text = |name: &str| document[name].as_str().map(String::from);
        let needed = |name| text(name).ok_or_else(|| Problem::skipped(format!("the metadata name no {name}")));
        let is_ours = |address: &str| address.starts_with(&self.target.at("/"));
        if let Some((name, _)) =
            addresses(&document).iter().find(|(_, address)| address.is_some_and(|url| !is_ours(url)))
        {
            return Err(Problem::skipped(format!("{name} is on another origin, where no code or secret is sent")));
        }
        Ok(AuthorizationServer {
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

/// Returns the strings of a list in a document.
pub(super) fn texts<'a>(document: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    document[name].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Returns the endpoint URLs of the metadata by name.
pub(super) fn addresses(document: &Value) -> Vec<(&'static str, Option<&str>)> {
    ["authorization_endpoint", "token_endpoint", "registration_endpoint", "revocation_endpoint"]
        .map(|name| (name, document[name].as_str()))
        .into()
}
