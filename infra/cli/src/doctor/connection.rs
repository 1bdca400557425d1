//! Whether there is something at the URL, and whether it is there itself.

use http::Method;

use super::{
    Target, Unreachable,
    answer::{Answer, Seen},
    report::{Check, Judgement, Trouble},
    wire::{Ask, Wire, reason},
};

/// What is looked at.
pub(super) const CHECKS: [Check<Connection>; 3] =
    [Check("connection.answers", answers), Check("connection.https", https), Check("connection.redirect", redirect)];

/// The first answers.
pub(super) struct Connection {
    target: Target,
    get: Answer,
    post: Seen,
}

/// Connects.
pub(super) async fn observe(wire: &Wire, target: &Target) -> Result<Connection, Unreachable> {
    let get = wire.attempt(Ask::get(&target.mcp)).await;
    let get = get.map_err(|error| Unreachable::Nothing { url: target.mcp.clone(), reason: reason(&error) })?;
    let post = wire.send(Ask::new(Method::POST, &target.mcp).header("content-type", "application/json")).await;
    Ok(Connection { target: target.clone(), get, post })
}

fn answers(connection: &Connection) -> Judgement {
    Ok(format!("{} answers after {} ms", connection.target.origin, connection.get.took.as_millis()))
}

fn https(Connection { target, .. }: &Connection) -> Judgement {
    match (target.is_https(), target.is_loopback()) {
        (true, _) => Ok("https, with a certificate this computer trusts".into()),
        (_, true) => Ok("http, on this computer".into()),
        _ => Err(Trouble::fail(
            "http: tokens and passwords go over the network in the clear, and clients refuse it",
            "Use the https URL; PublicUrl, if set, must begin with https too.",
        )),
    }
}

/// A client that is sent elsewhere loses its body or its token on the way.
fn redirect(connection: &Connection) -> Judgement {
    for answer in [&connection.get, connection.post.as_ref()?] {
        if let Some(location) = answer.location() {
            return Err(Trouble::fail(
                format!("{} answers {}, to {location}", answer.asked, answer.status.as_u16()),
                format!(
                    "Serve {} itself, with and without a slash at its end as it was asked for: see McpRoute in template.yaml, and any CDN or proxy before it.",
                    connection.target.path()
                ),
            ));
        }
    }
    Ok(format!("{} is answered where it is", connection.target.path()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, StatusCode};

    use super::*;

    #[test]
    fn http_is_for_this_computer_alone() {
        let get = Answer {
            asked: "GET /mcp".into(),
            status: StatusCode::UNAUTHORIZED,
            headers: HeaderMap::new(),
            body: Vec::new(),
            took: Duration::ZERO,
        };
        for (url, is_well) in [
            ("https://memory.example/mcp", true),
            ("http://localhost:3000/mcp", true),
            ("http://[::1]:3000/mcp", true),
            ("http://memory.example/mcp", false),
            ("http://localhost.example/mcp", false),
        ] {
            let target = url.parse().expect("a URL");
            let connection = Connection { target, get: get.clone(), post: Ok(get.clone()) };
            assert_eq!(https(&connection).is_ok(), is_well, "{url}");
        }
    }
}
