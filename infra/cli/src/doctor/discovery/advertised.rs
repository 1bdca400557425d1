//! Capabilities that the authorization server advertises ([RFC 8414 §2](https://www.rfc-editor.org/rfc/rfc8414#section-2)).

use super::documents::{Discovery, texts};
use crate::doctor::report::{Judgement, Problem};

const ADVERTISED: &str = "This software advertises it: check what rewrites the document or caches an old copy (caching for five minutes is allowed).";
/// Clients that have a document register if the server does not accept it.
const NO_DOCUMENTS: &str = "Clients can connect this way. If it is not intended: the local server accepts documents with --client-metadata-documents on, or if it can fetch one at its start; on AWS, ClientMetadataDocuments has to be on.";

fn lists(seen: &Discovery, name: &str, value: &str, why: &str) -> Judgement {
    let document = seen.server_json().map_err(|problem| problem.as_skipped())?;
    if texts(&document, name).any(|listed| listed == value) {
        return Ok(format!("{name} has {value}"));
    }
    Err(Problem::fail(format!("{name} has no {value}: {why}"), ADVERTISED))
}

pub(super) fn s256(seen: &Discovery) -> Judgement {
    lists(seen, "code_challenge_methods_supported", "S256", "clients stop without it")
}

pub(super) fn none(seen: &Discovery) -> Judgement {
    lists(
        seen,
        "token_endpoint_auth_methods_supported",
        "none",
        "Claude then does not use its metadata document, and public clients cannot connect",
    )
}

pub(super) fn offline_access(seen: &Discovery) -> Judgement {
    lists(seen, "scopes_supported", "offline_access", "SDKs then do not ask to stay connected")
}

pub(super) fn ways_to_register(seen: &Discovery) -> Judgement {
    let server = seen.server()?;
    match (&server.registration_endpoint, server.takes_documents) {
        (Some(_), true) => Ok("registration and metadata documents".into()),
        (None, true) => {
            Err(Problem::warn("metadata documents, and no registration: most clients still need it", ADVERTISED))
        }
        (Some(_), false) => {
            Err(Problem::warn("registration, and no metadata documents: each client registers itself", NO_DOCUMENTS))
        }
        (None, false) => {
            Err(Problem::fail("neither registration nor metadata documents: no client can get in", ADVERTISED))
        }
    }
}

pub(super) fn iss(seen: &Discovery) -> Judgement {
    let document = seen.server_json().map_err(|problem| problem.as_skipped())?;
    match document["authorization_response_iss_parameter_supported"] == true {
        true => Ok("iss comes with every authorization response".into()),
        false => Err(Problem::warn("iss is not advertised: ChatGPT then uses an older redirect address", ADVERTISED)),
    }
}
