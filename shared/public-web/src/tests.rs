//! The client, against a local TLS server behind a public name.

use std::sync::{
    LazyLock,
    atomic::{AtomicUsize, Ordering},
};

use http::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use super::*;

const HOST: &str = "client.example";

/// The certificate of the server, trusted by these tests.
static CERTIFICATE: LazyLock<(CertificateDer<'static>, Vec<u8>)> = LazyLock::new(|| {
    let generated = rcgen::generate_simple_self_signed([HOST.to_owned()]).expect("valid");
    (generated.cert.der().clone(), generated.signing_key.serialize_der())
});

fn test_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CERTIFICATE.0.clone()).expect("valid");
    roots
}

/// The response of the server, in pieces with a pause between them.
struct Answers {
    pieces: Vec<Vec<u8>>,
    pause: Duration,
}

impl Answers {
    fn with(answer: impl Into<Vec<u8>>) -> Self {
        Self { pieces: vec![answer.into()], pause: Duration::ZERO }
    }
}

/// A local server that counts its connections.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    _task: JoinSet<()>,
}

impl Server {
    async fn start(answers: Answers) -> Self {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(CERTIFICATE.1.clone()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("valid")
            .with_no_client_auth()
            .with_single_cert(vec![CERTIFICATE.0.clone()], key)
            .expect("valid");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("bound");
        let address = listener.local_addr().expect("bound");
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                // Some tests close the connection early.
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                for piece in &answers.pieces {
                    tokio::time::sleep(answers.pause).await;
                    if stream.write_all(piece).await.is_err() || stream.flush().await.is_err() {
                        break;
                    }
                }
                let _ = stream.shutdown().await;
            }
        });
        Self { address, connections, _task: task }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// A client that resolves every name to this server and treats the loopback address as public.
    fn web(&self) -> PublicWeb {
        let address = self.address.ip();
        PublicWeb {
            look_up: Box::new(move |_| Box::pin(async move { Ok(vec![address]) })),
            may_connect: |address| is_public(address) || address == IpAddr::from(Ipv4Addr::LOCALHOST),
            roots: test_roots,
            ..PublicWeb::new()
        }
    }

    /// Fetches a document at this server.
    async fn get(&self, web: &PublicWeb, host: &str) -> Result<Response<Bytes>, FetchError> {
        get(web, &format!("https://{host}:{}/client.json?v=1", self.address.port())).await
    }
}

/// The size limit of a document.
const BYTES: usize = 5 * 1024;

async fn get(web: &PublicWeb, url: &str) -> Result<Response<Bytes>, FetchError> {
    web.send(Request::get(url).body(Bytes::new()).expect("valid"), BYTES).await
}

/// The production client with fixed DNS responses.
fn web_resolving_to(resolved: &'static [&'static str]) -> PublicWeb {
    let addresses: Vec<IpAddr> = resolved.iter().map(|address| address.parse().expect("valid")).collect();
    let look_up: LookUp = Box::new(move |_| {
        let addresses = addresses.clone();
        Box::pin(async move { Ok(addresses) })
    });
    PublicWeb { look_up, ..PublicWeb::new() }
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}\r\n{body}")
}

#[tokio::test]
async fn document_is_fetched() {
    let server = Server::start(Answers::with(answer("200 OK", "content-length: 2\r\n", "{}"))).await;
    let response = server.get(&server.web(), HOST).await.expect("fetched");
    assert_eq!((response.status(), response.body().as_ref()), (StatusCode::OK, b"{}".as_slice()));
    assert_eq!(response.headers()["content-type"], "application/json");
}

/// T-17
#[tokio::test]
async fn redirect_is_not_followed() {
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let location = "location: https://client.example/other\r\ncontent-length: 0\r\n";
        let server = Server::start(Answers::with(answer(status, location, ""))).await;
        let response = server.get(&server.web(), HOST).await.expect("fetched");
        assert!(response.status().is_redirection(), "{status}");
        assert_eq!(server.connections(), 1, "{status}");
    }
}

/// AS-04
#[tokio::test]
async fn document_is_limited_to_five_kilobytes() {
    let fits = "x".repeat(5 * 1024);
    let long = "x".repeat(5 * 1024 + 1);
    let chunked = format!("{:x}\r\n{long}\r\n0\r\n\r\n", long.len());
    let length = |body: &str| format!("content-length: {}\r\n", body.len());
    for (headers, body, is_read) in [
        (length(&fits), &fits, true),
        (String::new(), &fits, true),
        (length(&long), &long, false),
        (String::new(), &long, false),
        ("transfer-encoding: chunked\r\n".into(), &chunked, false),
    ] {
        let server = Server::start(Answers::with(answer("200 OK", &headers, body))).await;
        match server.get(&server.web(), HOST).await {
            Ok(response) => assert!(is_read && response.body().len() == 5 * 1024, "{headers}"),
            Err(error) => assert!(!is_read && matches!(error, FetchError::TooLong(BYTES)), "{headers}: {error}"),
        }
    }
}

/// AS-04
#[tokio::test]
async fn endless_body_is_aborted_at_the_limit() {
    let mut pieces = vec![answer("200 OK", "", "").into_bytes()];
    pieces.extend(std::iter::repeat_n(vec![b'x'; 1024], 10_000));
    let server = Server::start(Answers { pieces, pause: Duration::ZERO }).await;
    assert!(matches!(server.get(&server.web(), HOST).await, Err(FetchError::TooLong(BYTES))));
}

/// AS-04
#[tokio::test]
async fn slow_server_times_out() {
    let whole = answer("200 OK", "content-length: 1000\r\n", &"x".repeat(1000));
    for pieces in [
        // No response for a while, and then one byte at a time: each byte is in time, the whole response is not.
        vec![Vec::new(), whole.clone().into_bytes()],
        whole.bytes().map(|byte| vec![byte]).collect(),
    ] {
        let server = Server::start(Answers { pieces, pause: Duration::from_millis(100) }).await;
        let web = PublicWeb { timeout: Duration::from_millis(150), ..server.web() };
        assert!(matches!(server.get(&web, HOST).await, Err(FetchError::TimedOut)));
    }
}

/// T-13
#[tokio::test]
async fn malformed_http_is_rejected() {
    let endless_headers = format!("HTTP/1.1 200 OK\r\n{}", format!("x: {}\r\n", "y".repeat(1000)).repeat(100));
    for response in ["", "\r\n\r\n", "SSH-2.0-x\r\n", "HTTP/1.1 999999 \r\n\r\n", "HTTP/1.1 200", &endless_headers] {
        let server = Server::start(Answers::with(response)).await;
        assert!(matches!(server.get(&server.web(), HOST).await, Err(FetchError::Http(_))), "{response:.40}");
    }
    let cut = answer("200 OK", "content-length: 100\r\n", "{");
    let server = Server::start(Answers::with(cut)).await;
    assert!(matches!(server.get(&server.web(), HOST).await, Err(FetchError::Body(_))));
}

/// AS-04
#[tokio::test]
async fn untrusted_certificate_is_rejected() {
    let server = Server::start(Answers::with(answer("200 OK", "", "{}"))).await;
    let of_another_name = server.get(&server.web(), "other.example").await;
    assert!(matches!(of_another_name, Err(FetchError::Connect(_))));
    let on_the_public_web = PublicWeb { roots: PublicWeb::new().roots, ..server.web() };
    assert!(matches!(server.get(&on_the_public_web, HOST).await, Err(FetchError::Connect(_))));
}

/// T-17
#[tokio::test]
async fn non_public_address_is_rejected() {
    for addresses in [
        &["127.0.0.1"][..],
        &["169.254.169.254"],
        &["10.0.0.1"],
        &["100.64.0.1"],
        &["0.0.0.0"],
        &["::1"],
        &["::ffff:169.254.169.254"],
        &["64:ff9b::a9fe:a9fe"],
        &["fd00:ec2::254"],
        &["fe80::1"],
        // Public and non-public addresses, in any order.
        &["1.1.1.1", "127.0.0.1"],
        &["169.254.169.254", "1.1.1.1"],
        &["2606:4700:4700::1111", "::1"],
        &["1.1.1.1", "1.0.0.1", "192.168.0.1"],
    ] {
        let refused = get(&web_resolving_to(addresses), &format!("https://{HOST}/")).await;
        assert!(matches!(refused, Err(FetchError::NotPublic(_))), "{addresses:?}: {refused:?}");
    }
    assert!(get(&web_resolving_to(&[]), &format!("https://{HOST}/")).await.is_err());
}

/// T-17
#[tokio::test]
async fn loopback_server_is_unreachable() {
    // The Lambda runtime API, for example, listens on 127.0.0.1.
    let server = Server::start(Answers::with(answer("200 OK", "", "{}"))).await;
    let web = PublicWeb { may_connect: PublicWeb::new().may_connect, ..server.web() };
    assert!(matches!(server.get(&web, HOST).await, Err(FetchError::NotPublic(_))));
    assert_eq!(server.connections(), 0);
}

/// T-17
#[tokio::test]
async fn validated_address_is_used_for_the_connection() {
    let server = Server::start(Answers::with(answer("200 OK", "content-length: 2\r\n", "{}"))).await;
    let checked = server.address.ip();
    let lookups = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&lookups);
    // DNS rebinding: every lookup returns another address.
    let look_up: LookUp = Box::new(move |_| {
        let turn = count.fetch_add(1, Ordering::SeqCst);
        let other = IpAddr::from([169, 254, 169, 254]);
        Box::pin(async move { Ok(vec![if turn == 0 { checked } else { other }]) })
    });
    let web = PublicWeb { look_up, ..server.web() };
    assert!(server.get(&web, HOST).await.is_ok());
    assert_eq!((lookups.load(Ordering::SeqCst), server.connections()), (1, 1));
    assert!(matches!(server.get(&web, HOST).await, Err(FetchError::NotPublic(_))));
    assert_eq!(server.connections(), 1);
}

/// Only the local server reaches a provider on its own computer, and only over plain HTTP, which no certificate protects.
#[tokio::test]
async fn loopback_is_reached_by_the_local_server_only() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("bound");
    let port = listener.local_addr().expect("bound").port();
    let mut task = JoinSet::new();
    task.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let read = stream.read(&mut request).await.expect("a request");
            assert!(String::from_utf8_lossy(&request[..read]).contains(&format!("host: localhost:{port}\r\n")));
            stream.write_all(answer("200 OK", "content-length: 2\r\n", "{}").as_bytes()).await.expect("sent");
        }
    });
    let url = format!("http://localhost:{port}/.well-known/openid-configuration");
    assert_eq!(get(&PublicWeb::with_loopback(), &url).await.expect("fetched").body().as_ref(), b"{}");
    assert!(matches!(get(&PublicWeb::new(), &url).await, Err(FetchError::Url)));
    for elsewhere in
        ["http://provider.example/", "http://127.0.0.1.provider.example/", "http://10.0.0.1/", "ftp://localhost/"]
    {
        assert!(matches!(get(&PublicWeb::with_loopback(), elsewhere).await, Err(FetchError::Url)), "{elsewhere}");
    }
}
