//! The name of a connected app on the pages.

use jean_auth::{
    client::ShortName,
    known_client::{ClientHost, product_name},
};

use crate::Texts;

/// The name of an app with its host, e.g. `Claude (claude.ai)`, since an app can choose its name (SR-02): that of a product,
/// or the short name. Older connections have no host.
pub fn client_name(texts: Texts, client: &ShortName, host: Option<&ClientHost>) -> String {
    let name = product_name(client).unwrap_or(client.as_str());
    match host {
        Some(host) if host.is_loopback() => format!("{name} ({})", texts.this_computer()),
        Some(host) => format!("{name} ({host})"),
        None => name.to_owned(),
    }
}
