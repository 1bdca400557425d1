//! The author of a memory in results.

use std::fmt;

use jean_memory::{Credential, Writer};
use schemars::JsonSchema;
use serde::Serialize;

/// The author of a memory or of a change. Its kind follows from the credential, which the author cannot choose (SR-02).
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Author {
    /// The kind of the author.
    kind: AuthorKind,
    /// The short name of the app, or of the application that an import comes from. Absent if the user is the author.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The host of the app, "this computer", or the URL scheme of an app on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    /// The client_id of an app without a known host.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "lowercase")]
enum AuthorKind {
    /// The user, on the pages of this server.
    User,
    /// A connected app.
    App,
    /// An application with an API key. It chooses its name itself.
    Key,
    /// An export of another application, which the user has imported.
    Import,
}

impl From<Writer> for Author {
    fn from(writer: Writer) -> Self {
        if writer == Writer::person() {
            return Self { kind: AuthorKind::User, name: None, host: None, client_id: None };
        }
        let (kind, client_id) = match writer.credential {
            Credential::Grant { client_id, .. } => (AuthorKind::App, Some(client_id.to_string())),
            Credential::ApiKey(_) => (AuthorKind::Key, None),
            Credential::Person => (AuthorKind::Import, None),
        };
        let host =
            writer.host.map(|host| if host.is_loopback() { "this computer".to_owned() } else { host.to_string() });
        let client_id = client_id.filter(|_| host.is_none());
        Self { kind, name: Some(writer.client.to_string()), host, client_id }
    }
}

/// One line for results without structure: `user`, `claude (claude.ai)`, `notes (API key)`.
impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.as_deref().unwrap_or("user");
        match (self.kind, &self.host) {
            (AuthorKind::User, _) | (AuthorKind::App, None) => f.write_str(name),
            (AuthorKind::App, Some(host)) => write!(f, "{name} ({host})"),
            (AuthorKind::Key, _) => write!(f, "{name} (API key)"),
            (AuthorKind::Import, _) => write!(f, "{name} (import)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use jean_auth::known_client::ClientHost;
    use jean_memory::Writer;
    use serde_json::json;

    use super::*;

    fn writer(client: &str, redirect_uri: Option<&str>, credential: Credential) -> Writer {
        let host = redirect_uri.map(|uri| ClientHost::from(&uri.parse().expect("valid")));
        Writer { client: client.parse().expect("valid"), host, credential }
    }

    /// SR-02
    #[test]
    fn kind_follows_from_the_credential() {
        let grant = || Credential::Grant {
            client_id: "notes_1".parse().expect("valid"),
            grant_id: "grant".parse().expect("valid"),
        };
        let key = || Credential::ApiKey("key".parse().expect("valid"));
        for (writer, author, line) in [
            (Writer::person(), json!({"kind": "user"}), "user"),
            (
                writer("person", None, grant()),
                json!({"kind": "app", "name": "person", "client_id": "notes_1"}),
                "person",
            ),
            (writer("person", None, key()), json!({"kind": "key", "name": "person"}), "person (API key)"),
            (writer("mem0", None, Credential::Person), json!({"kind": "import", "name": "mem0"}), "mem0 (import)"),
            (
                writer("notes", Some("https://app.example/cb"), grant()),
                json!({"kind": "app", "name": "notes", "host": "app.example"}),
                "notes (app.example)",
            ),
            (
                writer("notes", Some("http://127.0.0.1:8000/cb"), grant()),
                json!({"kind": "app", "name": "notes", "host": "this computer"}),
                "notes (this computer)",
            ),
        ] {
            let shown = Author::from(writer);
            assert_eq!(shown.to_string(), line);
            assert_eq!(serde_json::to_value(shown).expect("json"), author);
        }
    }
}
