//! The client, against a local TLS server behind a public name.

use std::{
    net::Ipv4Addr,
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
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
        let address = self.address;
        PublicWeb {
            look_up: Box::new(move |_| Box::pin(async move { Ok(vec![address]) })),
            may_connect: |address| is_public(address) || address == IpAddr::from(Ipv4Addr::LOCALHOST),
            roots: test_roots,
            timeout: Duration::from_secs(5),
            tls: OnceLock::new(),
        }
    }
}

fn url(host: &str) -> DocumentUrl {
    format!("https://{host}/client.json?v=1").parse().expect("valid")
}

/// The production client with fixed DNS responses.
fn web_resolving_to(resolved: &'static [&'static str]) -> PublicWeb {
    let addresses: Vec<SocketAddr> =
        resolved.iter().map(|address| SocketAddr::new(address.parse().expect("valid"), 443)).collect();
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
    let response = server.web().get(&url(HOST)).await.expect("fetched");
    assert_eq!((response.status(), response.body().as_ref()), (StatusCode::OK, b"{}".as_slice()));
    assert_eq!(response.headers()["content-type"], "application/json");
}

/// T-17
#[tokio::test]
async fn redirect_is_not_followed() {
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let location = "location: https://client.example/other\r\ncontent-length: 0\r\n";
        let server = Server::start(Answers::with(answer(status, location, ""))).await;
        let response = server.web().get(&url(HOST)).await.expect("fetched");
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
        match server.web().get(&url(HOST)).await {
            Ok(response) => assert!(is_read && response.body().len() == 5 * 1024, "{headers}"),
            Err(error) => assert!(!is_read && matches!(error, FetchError::TooLong), "{headers}: {error}"),
        }
    }
}

/// AS-04
#[tokio::test]
async fn endless_body_is_aborted_at_the_limit() {
    let mut pieces = vec![answer("200 OK", "", "").into_bytes()];
    pieces.extend(std::iter::repeat_n(vec![b'x'; 1024], 10_000));
    let server = Server::start(Answers { pieces, pause: Duration::ZERO }).await;
    assert!(matches!(server.web().get(&url(HOST)).await, Err(FetchError::TooLong)));
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
        assert!(matches!(web.get(&url(HOST)).await, Err(FetchError::TimedOut)));
    }
}

/// T-13
#[tokio::test]
async fn malformed_http_is_rejected() {
    let endless_headers = format!("HTTP/1.1 200 OK\r\n{}", format!("x: {}\r\n", "y".repeat(1000)).repeat(100));
    for response in ["", "\r\n\r\n", "SSH-2.0-x\r\n", "HTTP/1.1 999999 \r\n\r\n", "HTTP/1.1 200", &endless_headers] {
        let server = Server::start(Answers::with(response)).await;
        assert!(matches!(server.web().get(&url(HOST)).await, Err(FetchError::Http(_))), "{response:.40}");
    }
    let cut = answer("200 OK", "content-length: 100\r\n", "{");
    let server = Server::start(Answers::with(cut)).await;
    assert!(matches!(server.web().get(&url(HOST)).await, Err(FetchError::Body(_))));
}

/// AS-04
#[tokio::test]
async fn untrusted_certificate_is_rejected() {
    let server = Server::start(Answers::with(answer("200 OK", "", "{}"))).await;
    let of_another_name = server.web().get(&url("other.example")).await;
    assert!(matches!(of_another_name, Err(FetchError::Connect(_))));
    let on_the_public_web = PublicWeb { roots: PublicWeb::new().roots, ..server.web() };
    assert!(matches!(on_the_public_web.get(&url(HOST)).await, Err(FetchError::Connect(_))));
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
        let refused = web_resolving_to(addresses).get(&url(HOST)).await;
        assert!(matches!(refused, Err(FetchError::NotPublic(_))), "{addresses:?}: {refused:?}");
    }
    assert!(web_resolving_to(&[]).get(&url(HOST)).await.is_err());
}

/// T-17
#[tokio::test]
async fn loopback_server_is_unreachable() {
    // The Lambda runtime API, for example, listens on 127.0.0.1.
    let server = Server::start(Answers::with(answer("200 OK", "", "{}"))).await;
    let web = PublicWeb { may_connect: PublicWeb::new().may_connect, ..server.web() };
    assert!(matches!(web.get(&url(HOST)).await, Err(FetchError::NotPublic(_))));
    assert_eq!(server.connections(), 0);
}

/// T-17
#[tokio::test]
async fn validated_address_is_used_for_the_connection() {
    let server = Server::start(Answers::with(answer("200 OK", "content-length: 2\r\n", "{}"))).await;
    let checked = server.address;
    let lookups = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&lookups);
    // DNS rebinding: every lookup returns another address.
    let look_up: LookUp = Box::new(move |_| {
        let turn = count.fetch_add(1, Ordering::SeqCst);
        let other = SocketAddr::from(([169, 254, 169, 254], 443));
        Box::pin(async move { Ok(vec![if turn == 0 { checked } else { other }]) })
    });
    let web = PublicWeb { look_up, ..server.web() };
    assert!(web.get(&url(HOST)).await.is_ok());
    assert_eq!((lookups.load(Ordering::SeqCst), server.connections()), (1, 1));
    assert!(matches!(web.get(&url(HOST)).await, Err(FetchError::NotPublic(_))));
    assert_eq!(server.connections(), 1);
}
