//! The way to the web, against a server of this test's own behind a public name.

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

/// The certificate of the server, which these tests trust.
static CERTIFICATE: LazyLock<(CertificateDer<'static>, Vec<u8>)> = LazyLock::new(|| {
    let made = rcgen::generate_simple_self_signed([HOST.to_owned()]).expect("ring makes one");
    (made.cert.der().clone(), made.signing_key.serialize_der())
});

fn its_root() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CERTIFICATE.0.clone()).expect("a certificate");
    roots
}

/// How a server answers: at once, piece after piece, a while between them.
struct Answers {
    pieces: Vec<Vec<u8>>,
    pause: Duration,
}

impl Answers {
    fn with(answer: impl Into<Vec<u8>>) -> Self {
        Self { pieces: vec![answer.into()], pause: Duration::ZERO }
    }
}

/// A server on this computer, and how often it was connected to.
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
            .expect("ring has them")
            .with_no_client_auth()
            .with_single_cert(vec![CERTIFICATE.0.clone()], key)
            .expect("they belong together");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                // A client that goes away in the middle is what some of these tests are about.
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

    /// The web with this server behind every name; this computer counts as public.
    fn web(&self) -> PublicWeb {
        let address = self.address;
        PublicWeb {
            look_up: Box::new(move |_| Box::pin(async move { Ok(vec![address]) })),
            may_connect: |address| is_public(address) || address == IpAddr::from(Ipv4Addr::LOCALHOST),
            roots: its_root,
            patience: Duration::from_secs(5),
            tls: OnceLock::new(),
        }
    }
}

fn url(host: &str) -> DocumentUrl {
    format!("https://{host}/client.json?v=1").parse().expect("a document's")
}

/// The public web, but for the addresses its names have.
fn web_where(names_have: &'static [&'static str]) -> PublicWeb {
    let addresses: Vec<SocketAddr> =
        names_have.iter().map(|address| SocketAddr::new(address.parse().expect("an address"), 443)).collect();
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
async fn what_is_there_is_read() {
    let server = Server::start(Answers::with(answer("200 OK", "content-length: 2\r\n", "{}"))).await;
    let response = server.web().get(&url(HOST)).await.expect("an answer");
    assert_eq!((response.status(), response.body().as_ref()), (StatusCode::OK, b"{}".as_slice()));
    assert_eq!(response.headers()["content-type"], "application/json");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_leads_nowhere_t17() {
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let location = "location: https://client.example/other\r\ncontent-length: 0\r\n";
        let server = Server::start(Answers::with(answer(status, location, ""))).await;
        let response = server.web().get(&url(HOST)).await.expect("an answer");
        assert!(response.status().is_redirection(), "{status}");
        assert_eq!(server.connections(), 1, "{status}");
    }
}

#[tokio::test]
async fn five_kilobytes_are_read_and_no_more_as04() {
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

#[tokio::test]
async fn a_body_that_never_ends_is_given_up_at_its_limit_as04() {
    let mut pieces = vec![answer("200 OK", "", "").into_bytes()];
    pieces.extend(std::iter::repeat_n(vec![b'x'; 1024], 10_000));
    let server = Server::start(Answers { pieces, pause: Duration::ZERO }).await;
    assert!(matches!(server.web().get(&url(HOST)).await, Err(FetchError::TooLong)));
}

#[tokio::test]
async fn who_is_slow_is_not_waited_for_as04() {
    let whole = answer("200 OK", "content-length: 1000\r\n", &"x".repeat(1000));
    for pieces in [
        // Nothing at all, and then everything a byte at a time: each is in time, and the whole is not.
        vec![Vec::new(), whole.clone().into_bytes()],
        whole.bytes().map(|byte| vec![byte]).collect(),
    ] {
        let server = Server::start(Answers { pieces, pause: Duration::from_millis(100) }).await;
        let web = PublicWeb { patience: Duration::from_millis(150), ..server.web() };
        assert!(matches!(web.get(&url(HOST)).await, Err(FetchError::TimedOut)));
    }
}

#[tokio::test]
async fn what_is_no_http_is_no_answer_t13() {
    let endless_headers = format!("HTTP/1.1 200 OK\r\n{}", format!("x: {}\r\n", "y".repeat(1000)).repeat(100));
    for said in ["", "\r\n\r\n", "SSH-2.0-x\r\n", "HTTP/1.1 999999 \r\n\r\n", "HTTP/1.1 200", &endless_headers] {
        let server = Server::start(Answers::with(said)).await;
        assert!(matches!(server.web().get(&url(HOST)).await, Err(FetchError::Http(_))), "{said:.40}");
    }
    let cut = answer("200 OK", "content-length: 100\r\n", "{");
    let server = Server::start(Answers::with(cut)).await;
    assert!(matches!(server.web().get(&url(HOST)).await, Err(FetchError::Body(_))));
}

#[tokio::test]
async fn a_server_nobody_vouches_for_is_not_asked_as04() {
    let server = Server::start(Answers::with(answer("200 OK", "", "{}"))).await;
    let of_another_name = server.web().get(&url("other.example")).await;
    assert!(matches!(of_another_name, Err(FetchError::Connect(_))));
    let on_the_public_web = PublicWeb { roots: PublicWeb::new().roots, ..server.web() };
    assert!(matches!(on_the_public_web.get(&url(HOST)).await, Err(FetchError::Connect(_))));
}

#[tokio::test]
async fn an_address_that_is_not_public_is_not_connected_to_t17() {
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
        // One that is public does not make up for one that is not, wherever it stands.
        &["1.1.1.1", "127.0.0.1"],
        &["169.254.169.254", "1.1.1.1"],
        &["2606:4700:4700::1111", "::1"],
        &["1.1.1.1", "1.0.0.1", "192.168.0.1"],
    ] {
        let refused = web_where(addresses).get(&url(HOST)).await;
        assert!(matches!(refused, Err(FetchError::NotPublic(_))), "{addresses:?}: {refused:?}");
    }
    assert!(web_where(&[]).get(&url(HOST)).await.is_err());
}

#[tokio::test]
async fn the_server_on_this_computer_is_out_of_reach_on_the_public_web_t17() {
    // As the Lambda runtime API is: a port on 127.0.0.1.
    let server = Server::start(Answers::with(answer("200 OK", "", "{}"))).await;
    let web = PublicWeb { may_connect: PublicWeb::new().may_connect, ..server.web() };
    assert!(matches!(web.get(&url(HOST)).await, Err(FetchError::NotPublic(_))));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn the_address_that_was_checked_is_the_one_connected_to_t17() {
    let server = Server::start(Answers::with(answer("200 OK", "content-length: 2\r\n", "{}"))).await;
    let checked = server.address;
    let lookups = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&lookups);
    // A name that has another address each time it is looked up.
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
