//! The first connection: the server answers, over https, without a redirect.

use http::Method;

use super::{
    answer::{Outcome, Reply},
    report::{Check, Judgement, Problem},
    target::Target,
    wire::{Probe, Unreachable, Wire, reason},
};

/// The checks of this stage.
pub(super) const CHECKS: [Check<Connection>; 3] =
    [Check("connection.answers", answers), Check("connection.https", https), Check("connection.redirect", redirect)];

/// The first responses.
pub(super) struct Connection {
    target: Target,
    get: Reply,
    post: Outcome,
}

/// Sends the first requests.
pub(super) async fn observe(wire: &Wire, target: &Target) -> Result<Connection, Unreachable> {
    let get = wire.attempt(Probe::get(&target.mcp)).await;
    let get = get.map_err(|error| Unreachable::Nothing { url: target.mcp.clone(), reason: reason(&error) })?;
    let post = wire.send(Probe::new(Method::POST, &target.mcp).header("content-type", "application/json")).await;
    Ok(Connection { target: target.clone(), get, post })
}

fn answers(connection: &Connection) -> Judgement {
    Ok(format!("{} answered after {} ms", connection.target.origin, connection.get.took.as_millis()))
}

fn https(Connection { target, .. }: &Connection) -> Judgement {
    match (target.is_https(), target.is_loopback()) {
        (true, _) => Ok("https, with a certificate this computer trusts".into()),
        (_, true) => Ok("http, on this computer".into()),
        _ => Err(Problem::fail(
            "http: tokens and passwords are sent unencrypted, and clients refuse to connect",
            "Use the https URL; PublicUrl, if set, must begin with https too.",
        )),
    }
}

/// Clients lose the request body or the token on a redirect.
fn redirect(connection: &Connection) -> Judgement {
    for answer in [&connection.get, connection.post.as_ref()?] {
        if let Some(location) = answer.location() {
            return Err(Problem::fail(
                format!("{} answers {}, to {location}", answer.asked, answer.status.as_u16()),
                format!(
                    "Serve {} without a redirect, with and without a trailing slash: check McpRoute in template.yaml, and any CDN or proxy before it.",
                    connection.target.path()
                ),
            ));
        }
    }
    Ok(format!("{} is served without a redirect", connection.target.path()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, StatusCode};

    use super::*;

    #[test]
    fn http_is_accepted_on_this_computer_only() {
        let get = Reply {
            asked: "GET /mcp".into(),
            status: StatusCode::UNAUTHORIZED,
            headers: HeaderMap::new(),
            body: Vec::new(),
            took: Duration::ZERO,
        };
        for (url, is_accepted) in [
            ("https://memory.example/mcp", true),
            ("http://localhost:3000/mcp", true),
            ("http://[::1]:3000/mcp", true),
            ("http://memory.example/mcp", false),
            ("http://localhost.example/mcp", false),
        ] {
            let target = url.parse().expect("a URL");
            let connection = Connection { target, get: get.clone(), post: Ok(get.clone()) };
            assert_eq!(https(&connection).is_ok(), is_accepted, "{url}");
        }
    }
}
