//! What happens, under one name each: the field `event` of a log line, and the name of the metric that counts it.
//!
//! A line says who by ids alone (`user_id`, `client_id`, `grant_id`), never by address, and carries the request's id. No
//! secret and no text of a memory is in any (T-20).

/// A client was registered (RFC 7591).
pub const REGISTRATION: &str = "registration";
/// Somebody signed in.
pub const SIGN_IN: &str = "sign_in";
/// Somebody signed in from a browser that they never signed in from. An operator may send them a mail.
pub const NEW_BROWSER: &str = "new_browser";
/// Somebody tried to, with an address and a password that don't belong together.
pub const SIGN_IN_REFUSED: &str = "sign_in_refused";
/// Somebody signed out.
pub const SIGN_OUT: &str = "sign_out";
/// A password was set.
pub const PASSWORD: &str = "password";
/// A person allowed a client what it asked for, and a code went out.
pub const CONSENT: &str = "consent";
/// A person said no.
pub const CONSENT_DENIED: &str = "consent_denied";
/// A code was redeemed: a client is connected.
pub const CODE: &str = "code";
/// A code was redeemed again, and its grant ended.
pub const REPLAY: &str = "replay";
/// A connection was continued with new tokens.
pub const REFRESH: &str = "refresh";
/// A refresh token was used after its grace, and its grant ended.
pub const REUSE: &str = "reuse";
/// A token request gave nothing.
pub const TOKEN_REFUSED: &str = "token_refused";
/// An access token did not open `/mcp`.
pub const ACCESS_REFUSED: &str = "access_refused";
/// A client gave back what it was granted.
pub const REVOCATION: &str = "revocation";
/// A tool was called.
pub const TOOL_CALL: &str = "tool_call";
/// A step of a rotation of the signing secret was done.
pub const ROTATION: &str = "rotation";
/// A person changed what a client may do, ended its connection, or undid what it had written.
pub const CONNECTION_CHANGED: &str = "connection_changed";
/// A key of the older endpoint was made or ended.
pub const API_KEY: &str = "api_key";
/// A person made their own account.
pub const SIGN_UP: &str = "sign_up";
/// An account was deleted, with all that was kept about its person.
pub const DELETION: &str = "deletion";
/// A passkey was made or removed.
pub const PASSKEY: &str = "passkey";
/// A person took their memories along.
pub const EXPORT: &str = "export";
/// A person brought memories from elsewhere.
pub const IMPORT: &str = "import";
