//! The name of a connected app on the pages.

use jean_auth::{client::ShortName, known_client::ClientHost};

use crate::Texts;

/// The short name of an app with its host, e.g. `claude (claude.ai)`, since an app can choose its name (SR-02). Older
/// connections have no host.
pub fn client_name(texts: Texts, client: &ShortName, host: Option<&ClientHost>) -> String {
    match host {
        Some(host) if host.is_loopback() => format!("{client} ({})", texts.this_computer()),
        Some(host) => format!("{client} ({host})"),
        None => client.to_string(),
    }
}
