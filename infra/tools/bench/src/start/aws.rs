//! The AWS endpoints of a function: the embedded DynamoDB, and Secrets Manager with one secret, over TLS on local ports.
//! Each has a port of its own, since AWS has a host per service: connections are not shared between them.

use std::{
    error::Error,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    response::IntoResponse,
    routing::post,
    serve::Listener,
};
use http::{HeaderMap, StatusCode, header};
use jean_auth::{
    password::{Hasher, Password},
    user::User,
};
use jean_local::{
    engine::Engine,
    template::{ParameterValues, Template},
};
use jean_runtime::Clock;
use jean_store::{Table, users::Users};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
    server::TlsStream,
};

use crate::{flow, large::LimitedTable};

/// The ARN of the signing secret.
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:signing";
/// The ARN of the root secret.
const ROOT_SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:root";
/// The openssl configuration of the certificate.
const CERTIFICATE: &str = "[req]\ndistinguished_name=name\nprompt=no\nx509_extensions=extensions\n[name]\nCN=127.0.0.1\n\
                           [extensions]\nsubjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n";
/// The user of every benchmark with a single one.
pub(crate) const USER: &str = "ada";

/// AWS, with the tables of the template and one user.
pub(crate) struct Aws {
    pub(crate) template: Template,
    dynamodb: String,
    secrets_manager: String,
    roots: PathBuf,
    calls: Arc<AtomicU64>,
    pub(crate) engine: Engine,
}

/// The state of the endpoints.
#[derive(Clone)]
struct Endpoints {
    engine: Engine,
    limited: Option<LimitedTable>,
    calls: Arc<AtomicU64>,
}

impl Aws {
    /// Starts the endpoints, and writes their certificate to `folder`.
    pub(crate) async fn serve(folder: &Path) -> Result<Self, Box<dyn Error>> {
        Self::serve_limited(folder, None).await
    }

    /// Starts the endpoints, with limits for DynamoDB.
    pub(crate) async fn serve_limited(folder: &Path, limited: Option<LimitedTable>) -> Result<Self, Box<dyn Error>> {
        let parameters = [("PublicUrl", "https://memory.example"), ("RequestsPerMinute", "100000")];
        let parameters = parameters.map(|(name, value)| (name.into(), value.into())).into();
        let template = Template::of_project(&ParameterValues { parameters })?;
        let engine = Engine::in_memory(Clock::of_system())?;
        engine.create_tables(&template.tables)?;
        add_user(&engine, USER).await?;

        let roots = folder.join("roots.pem");
        let acceptor = acceptor(folder, &roots)?;
        let calls = Arc::new(AtomicU64::new(0));
        let endpoints = Endpoints { engine: engine.clone(), limited, calls: Arc::clone(&calls) };
        // A batch of writes has at most 16 MB.
        let router = Router::new().route("/", post(answer).layer(DefaultBodyLimit::disable())).with_state(endpoints);
        let serve = async || -> io::Result<String> {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let url = format!("https://{}", listener.local_addr()?);
            let (tls, router) = (Tls(listener, acceptor.clone()), router.clone());
            tokio::spawn(async { axum::serve(tls, router).await });
            Ok(url)
        };
        let (dynamodb, secrets_manager) = (serve().await?, serve().await?);
        Ok(Self { template, dynamodb, secrets_manager, roots, calls, engine })
    }

    /// The number of calls so far.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// The environment variables that lead a process to the endpoints.
    pub(crate) fn variables(&self) -> [(&'static str, String); 9] {
        [
            ("AWS_REGION", "us-east-1".into()),
            ("AWS_DEFAULT_REGION", "us-east-1".into()),
            ("AWS_ACCESS_KEY_ID", "bench".into()),
            ("AWS_SECRET_ACCESS_KEY", "nothing".into()),
            ("AWS_CA_BUNDLE", self.roots.display().to_string()),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.dynamodb.clone()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", self.secrets_manager.clone()),
            ("JWT_SECRET_ARN", SECRET.into()),
            ("ROOT_SECRET_ARN", ROOT_SECRET.into()),
        ]
    }
}

/// The email address of a user.
pub(crate) fn email(user_id: &str) -> String {
    format!("{user_id}@example.org")
}

/// Creates an account.
pub(crate) async fn add_user(engine: &Engine, user_id: &str) -> Result<(), Box<dyn Error>> {
    let password = Password::shown(flow::PASSWORD);
    let user = User::new(
        user_id.parse()?,
        email(user_id).parse()?,
        Timestamp::from_second(1_700_000_000)?,
        Some(Hasher::default().hash(&password, [7; 16])),
    );
    Users::new(Table::new(&engine.aws(), "UsersTable")).add(&user).await?;
    Ok(())
}

async fn answer(
    State(Endpoints { engine, limited, calls }): State<Endpoints>,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    calls.fetch_add(1, Ordering::SeqCst);
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let (status, content_type, body) = match target.strip_prefix("secretsmanager.") {
        Some(operation) => {
            let (status, answer) = secrets_manager(operation, &serde_json::from_slice(&body).unwrap_or_default());
            (status, "application/x-amz-json-1.1", answer.to_string().into_bytes())
        }
        None => {
            let answer = match limited {
                Some(limited) => limited.answer(&engine, target, &body).await,
                None => engine.answer(target, &body),
            };
            (answer.status, "application/x-amz-json-1.0", answer.body)
        }
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, content_type)], body)
}

/// Secrets Manager with a secret in its second rotation.
fn secrets_manager(operation: &str, request: &Value) -> (u16, Value) {
    let version = match request["VersionStage"].as_str() {
        Some("AWSPENDING") => "v3",
        Some("AWSPREVIOUS") => "v1",
        _ => "v2",
    };
    match operation {
        "GetSecretValue" => {
            let arn = &request["SecretId"];
            let value = format!("{version} of {arn}, 0123456789abcdefghijklmnopqrstuvwxyz");
            (200, json!({"ARN": arn, "VersionId": version, "SecretString": value, "CreatedDate": 1_700_000_000}))
        }
        "DescribeSecret" => {
            let stages = json!({"v1": ["AWSPREVIOUS"], "v2": ["AWSCURRENT"], "v3": ["AWSPENDING"]});
            (200, json!({"ARN": SECRET, "RotationEnabled": true, "VersionIdsToStages": stages}))
        }
        _ => (400, json!({"__type": "InvalidRequestException", "Message": "unknown operation"})),
    }
}

/// TLS as at the endpoints of AWS: an RSA certificate of 2048 bits, and AES-128-GCM. Writes the certificate to `roots`.
fn acceptor(folder: &Path, roots: &Path) -> Result<TlsAcceptor, Box<dyn Error>> {
    let (settings, key) = (folder.join("openssl.cnf"), folder.join("key.pem"));
    std::fs::write(&settings, CERTIFICATE)?;
    let mut openssl = std::process::Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-config"]).arg(settings);
    let made = openssl.arg("-keyout").arg(&key).arg("-out").arg(roots).output()?;
    if !made.status.success() {
        return Err(format!("openssl failed: {}", String::from_utf8_lossy(&made.stderr)).into());
    }
    let mut provider = ring::default_provider();
    provider.cipher_suites = vec![ring::cipher_suite::TLS13_AES_128_GCM_SHA256];
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from_pem_file(roots)?], PrivateKeyDer::from_pem_file(key)?)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

struct Tls(TcpListener, TlsAcceptor);

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let Ok((stream, address)) = self.0.accept().await else { continue };
            // AWS does not delay responses either.
            let _ = stream.set_nodelay(true);
            if let Ok(stream) = self.1.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}
