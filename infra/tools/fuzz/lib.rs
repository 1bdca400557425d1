//! Fixtures of the fuzz targets: a fixed clock, keys, a client, and the local stack.

use std::sync::LazyLock;

use http::Response;
use http_body_util::BodyExt;
use jean_auth::{
    access_token::Claims,
    client::{AuthenticationMethod, Client},
    code::IssuedCode,
    grant::{Grant, RefreshFamily, RefreshToken},
    keys::{RootKeyring, RootSecret, SigningKeyring, SigningSecret, VersionedSecret},
    public_url::PublicUrl,
    secret::AuthorizationCode,
};
use jean_authorize::{Documents, FetchError};
use jean_cli::functions::{self, Outbound, ProviderWeb};
use jean_local::{
    engine::Engine,
    stack::{LocalSecrets, Stack, StackSettings},
};
use jean_runtime::{Clock, Random};
use jean_store::{Table, codes::Codes};
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Runtime;

const SECRET: &str = "a secret of more than thirty-two bytes";
const ROOT_SECRET: &str = "another secret, which no verifier holds";

/// The time of every run, so that an input always has the same effect.
pub fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).expect("in range")
}

/// The public URL.
pub static PUBLIC_URL: LazyLock<PublicUrl> = LazyLock::new(|| "https://memory.example".parse().expect("valid"));

/// The signing keys.
pub static KEYS: LazyLock<SigningKeyring> =
    LazyLock::new(|| SigningKeyring::new(SigningSecret::new(SECRET, None).expect("strong"), None));
/// The keys of everything but access tokens.
pub static ROOT_KEYS: LazyLock<RootKeyring> =
    LazyLock::new(|| RootKeyring::new(RootSecret::new(ROOT_SECRET, None).expect("strong"), None));

/// A client with an https, a loopback and a private-use redirect URI.
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
    must_ask_to_stay: false,
    created_at: now(),
    expires_at: now(),
});

/// A valid access token.
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
        client_host: None,
        grant_id: "grant".parse().expect("valid"),
    }
}

/// The local stack on an in-memory database. State persists between inputs.
pub static DESK: LazyLock<Stack> = LazyLock::new(|| {
    let settings = StackSettings {
        public_url: PUBLIC_URL.clone(),
        secrets: LocalSecrets {
            signing: SECRET.to_owned().into(),
            root: ROOT_SECRET.to_owned().into(),
            private_key: None,
        },
        clock: Clock::new(now),
        random: Random::of_system(),
        // The fuzzer exceeds the rate limit of a user.
        parameters: [("RequestsPerMinute".into(), "100000".into())].into(),
    };
    let documents = Documents::new(|_| async { Err(FetchError::TimedOut) });
    let outbound = Outbound { documents, providers: ProviderWeb::new(|_| async { Err(FetchError::TimedOut) }) };
    let engine = Engine::in_memory(settings.clock.clone()).expect("starts");
    RUNTIME.block_on(async {
        let stack = functions::stack(engine, settings, outbound).await.expect("starts");
        store_grant(&stack).await;
        stack
    })
});

/// Stores the grant of [`ACCESS_TOKEN`], without which the MCP endpoint refuses it.
async fn store_grant(stack: &Stack) {
    let Claims { sub, email, client, scope, client_id, grant_id, .. } = claims();
    let code = AuthorizationCode::new([3; 32]);
    let issued = IssuedCode {
        client_id: client_id.clone(),
        client: client.clone(),
        redirect_uri: CLIENT.redirect_uris[0].clone(),
        code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".parse().expect("valid"),
        user_id: sub.clone(),
        email: email.clone(),
        scope: scope.clone(),
        expires_at: now(),
        redeemed_for: None,
    };
    let family = RefreshFamily::new(&RefreshToken::new(sub.clone(), [1; 16], [2; 32]));
    let (created_at, expires_at) = (now(), now() + SignedDuration::from_hours(1));
    let grant = Grant {
        grant_id,
        user_id: sub,
        email,
        client_id,
        client,
        client_host: None,
        given_name: None,
        scope,
        created_at,
        expires_at,
        family,
    };
    let codes = Codes::new(Table::new(&stack.aws, stack.template.variable("AUTH_TABLE").expect("a name")));
    codes.issue(&issued, &code.hash()).await.expect("writes");
    assert!(codes.redeem(&code.hash(), issued.issued_at(), &grant).await.expect("writes"));
}

/// A single-threaded runtime, as in Lambda.
pub static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"));

/// Reads a response to its end. A server error is a failure (T-13).
pub async fn read(response: Response<axum::body::Body>) -> Vec<u8> {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes().to_vec();
    assert!(!parts.status.is_server_error(), "{}: {}", parts.status, String::from_utf8_lossy(&body));
    body
}
