//! Event names: the field `event` of a log line, and the CloudWatch metric that counts it.
//!
//! Log lines identify users and clients by id only (`user_id`, `client_id`, `grant_id`) and carry the request id. They
//! contain no secret, email address or memory text (T-20).

/// A client registered (RFC 7591).
pub const REGISTRATION: &str = "registration";
/// A user signed in.
pub const SIGN_IN: &str = "sign_in";
/// A user signed in from a browser for the first time. An operator can send them an email.
pub const NEW_BROWSER: &str = "new_browser";
/// A sign-in failed.
pub const SIGN_IN_REFUSED: &str = "sign_in_refused";
/// A user signed out.
pub const SIGN_OUT: &str = "sign_out";
/// A password was set.
pub const PASSWORD: &str = "password";
/// A user granted access to a client, and a code was issued.
pub const CONSENT: &str = "consent";
/// A user denied access to a client.
pub const CONSENT_DENIED: &str = "consent_denied";
/// A code was redeemed: a client is connected.
pub const CODE: &str = "code";
/// A code was replayed, and its grant revoked.
pub const REPLAY: &str = "replay";
/// A refresh token was used.
pub const REFRESH: &str = "refresh";
/// A refresh token was reused after its grace, and its grant revoked.
pub const REUSE: &str = "reuse";
/// Two sources refreshed a grant within the grace of a refresh token. Reported at most once per grant and day.
pub const TWO_SOURCES: &str = "two_sources";
/// A token request was rejected.
pub const TOKEN_REFUSED: &str = "token_refused";
/// An access token was rejected at `/mcp`.
pub const ACCESS_REFUSED: &str = "access_refused";
/// A client revoked its grant.
pub const REVOCATION: &str = "revocation";
/// A tool was called.
pub const TOOL_CALL: &str = "tool_call";
/// A step of a rotation succeeded.
pub const ROTATION: &str = "rotation";
/// A user changed the access of a connected app, disconnected it or undid its changes.
pub const CONNECTION_CHANGED: &str = "connection_changed";
/// An API key of the legacy endpoint was created or revoked.
pub const API_KEY: &str = "api_key";
/// A user signed up.
pub const SIGN_UP: &str = "sign_up";
/// An account was deleted with all of its data.
pub const DELETION: &str = "deletion";
/// A passkey was added or removed.
pub const PASSKEY: &str = "passkey";
/// A user exported their memories.
pub const EXPORT: &str = "export";
/// A user restored memories from the trash or deleted them for good.
pub const TRASH: &str = "trash";
/// A user imported memories.
pub const IMPORT: &str = "import";
/// An account of an identity provider was linked or unlinked.
pub const IDENTITY: &str = "identity";
/// An owner invited a user, or disabled, enabled or signed out the account of another one. `by` is the owner's id.
pub const ADMINISTRATION: &str = "administration";
/// An identity provider could not be used, or its answer was rejected.
pub const FEDERATION_REFUSED: &str = "federation_refused";
