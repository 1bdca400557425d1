//! What several targets share: the clients and the clock they work with, and the whole set on a desk.

use std::sync::LazyLock;

use http::Response;
use http_body_util::BodyExt;
use jean_auth::{
    access_token::Claims,
    client::{AuthenticationMethod, Client},
    keys::{Keyring, SigningSecret},
    public_url::PublicUrl,
};
use jean_authorize::{Documents, FetchError};
use jean_cli::functions;
use jean_local::{
    engine::Engine,
    stack::{Stack, StackSettings},
};
use jean_runtime::{Clock, Random};
use jiff::Timestamp;
use tokio::runtime::Runtime;

const SECRET: &str = "a secret of more than thirty-two bytes";

/// Now, for every target: an input does the same today and tomorrow.
pub fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).expect("in range")
}

/// Where the server is.
pub static PUBLIC_URL: LazyLock<PublicUrl> = LazyLock::new(|| "https://memory.example".parse().expect("valid"));

/// What signs.
pub static KEYS: LazyLock<Keyring> =
    LazyLock::new(|| Keyring::new(SigningSecret::new(SECRET, None).expect("long enough"), None));

/// A client with an address on the web, one on any port of this computer, and one of an app.
pub static CLIENT: LazyLock<Client> = LazyLock::new(|| Client {
    client_id: "claude_abc123".parse().expect("valid"),
    short_name: "claude".parse().expect("valid"),
    client_name: "Claude".into(),
    redirect_uris: [
        "https://claude.ai/api/mcp/auth_callback?a=b",
        "http://localhost/callback",
        "cursor://anysphere/cb",
    ]
    .map(|uri| uri.parse().expect("valid"))
    .into(),
    token_endpoint_auth_method: AuthenticationMethod::None,
    client_secret: None,
    created_at: now(),
    expires_at: now(),
});

/// A token that is good now.
pub static ACCESS_TOKEN: LazyLock<String> = LazyLock::new(|| claims().sign(&KEYS));

fn claims() -> Claims {
    Claims {
        sub: "ada".parse().expect("valid"),
        email: "ada@example.org".parse().expect("valid"),
        client: "claude".parse().expect("valid"),
        exp: now().as_second() + 3600,
        iss: PUBLIC_URL.issuer().into(),
        aud: PUBLIC_URL.mcp().into(),
        iat: now().as_second(),
        nbf: None,
        jti: "id".into(),
        scope: "memory:read memory:write".parse().expect("valid"),
        client_id: "claude_abc123".parse().expect("valid"),
        grant_id: "grant".parse().expect("valid"),
    }
}

/// The whole set, on a database in memory. What one input leaves there the next one finds, as it is in life.
pub static DESK: LazyLock<Stack> = LazyLock::new(|| {
    let settings = StackSettings {
        public_url: PUBLIC_URL.clone(),
        secret: SECRET.to_owned().into(),
        clock: Clock::new(now),
        random: Random::of_system(),
        // Whoever fuzzes calls more often than a person may.
        parameters: [("RequestsPerMinute".into(), "100000".into())].into(),
    };
    let documents = Documents::new(|_| async { Err(FetchError::TimedOut) });
    let engine = Engine::in_memory(settings.clock.clone()).expect("starts");
    RUNTIME.block_on(functions::stack(engine, settings, documents)).expect("starts")
});

/// One thread, as a Lambda has.
pub static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"));

/// Reads an answer to its end. None may be a failure of ours (T-13).
pub async fn read(response: Response<axum::body::Body>) -> Vec<u8> {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes().to_vec();
    assert!(!parts.status.is_server_error(), "{}: {}", parts.status, String::from_utf8_lossy(&body));
    body
}
