//! What the authorization server says it can do (RFC 8414 §2): clients take it at its word.

use super::{Discovery, texts};
use crate::doctor::report::{Judgement, Trouble};

const ADVERTISED: &str = "This server advertises it; something rewrites or keeps an old copy of the document (it may be cached for five minutes).";

fn lists(seen: &Discovery, name: &str, value: &str, why: &str) -> Judgement {
    let document = seen.server_json().map_err(|trouble| trouble.as_skipped())?;
    if texts(&document, name).any(|listed| listed == value) {
        return Ok(format!("{name} has {value}"));
    }
    Err(Trouble::fail(format!("{name} has no {value}: {why}"), ADVERTISED))
}

pub(super) fn s256(seen: &Discovery) -> Judgement {
    lists(seen, "code_challenge_methods_supported", "S256", "clients go no further without it")
}

pub(super) fn none(seen: &Discovery) -> Judgement {
    lists(
        seen,
        "token_endpoint_auth_methods_supported",
        "none",
        "Claude then does not use its metadata document, and public clients can't connect",
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
            Err(Trouble::warn("metadata documents, and no registration: most clients still need it", ADVERTISED))
        }
        (Some(_), false) => {
            Err(Trouble::warn("registration, and no metadata documents: each client registers anew", ADVERTISED))
        }
        (None, false) => {
            Err(Trouble::fail("neither registration nor metadata documents: no client can get in", ADVERTISED))
        }
    }
}

pub(super) fn iss(seen: &Discovery) -> Judgement {
    let document = seen.server_json().map_err(|trouble| trouble.as_skipped())?;
    match document["authorization_response_iss_parameter_supported"] == true {
        true => Ok("iss comes with every authorization response".into()),
        false => Err(Trouble::warn("iss is not advertised: ChatGPT then uses an older redirect address", ADVERTISED)),
    }
}
