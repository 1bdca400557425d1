//! Single requests to the public web: for the metadata document of a client, at a URL that an unauthenticated caller has
//! chosen (T-17), and to an identity provider of the operator and to the URLs in its metadata.
//!
//! Such a URL could otherwise reach internal services (SSRF). The host is resolved once, all its
//! addresses must be public, and the connection is made to one of these addresses: a second lookup could return another
//! one. The HTTP client has no redirects, proxies or connection reuse, which closes the usual SSRF bypasses.
//!
//! ```no_run
//! # async fn example() -> Result<(), jean_public_web::FetchError> {
//! let request = http::Request::get("https://client.example/client.json").body(bytes::Bytes::new())?;
//! let response = jean_public_web::PublicWeb::new().send(request, 5 * 1024).await?;
//! assert!(response.body().len() <= 5 * 1024);
//! # Ok(())
//! # }
//! ```

use std::{
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header, uri::Scheme};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    client::conn::http1,
    rt::{Read, Write},
};
use hyper_util::rt::TokioIo;
use jean_auth::client_metadata::is_public;
use tokio::{net::TcpStream, task::JoinSet, time::timeout};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};

/// Size limit of status line and headers in bytes.
const HEADER_BYTES: usize = 16 * 1024;
/// Timeout of the whole exchange. A user is waiting, and the function times out after ten seconds.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The reasons why a request has no response.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The URL is not `https`, or has no host.
    #[error("not an https URL with a host")]
    Url,
    /// The host name has no address.
    #[error("cannot resolve the host: {0}")]
    Lookup(io::Error),
    /// One of the host's addresses is not on the public internet.
    #[error("host has the non-public address {0}")]
    NotPublic(IpAddr),
    /// No connection, or no valid certificate.
    #[error("connection failed: {0}")]
    Connect(#[from] io::Error),
    /// The response is not valid HTTP.
    #[error("invalid HTTP response: {0}")]
    Http(#[from] hyper::Error),
    /// The request could not be built.
    #[error("invalid request: {0}")]
    Request(#[from] http::Error),
    /// The body ended early.
    #[error("incomplete response: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
    /// The body exceeds the limit, in bytes.
    #[error("response exceeds {0} bytes")]
    TooLong(usize),
    /// The exchange exceeded the timeout.
    #[error("no response within {TIMEOUT:?}")]
    TimedOut,
}

type LookUp = Box<dyn Fn(&str) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> + Send + Sync>;

/// An HTTP client for the public web. Its parts can be replaced, so that tests run a local server behind a public name.
pub struct PublicWeb {
    look_up: LookUp,
    may_connect: fn(IpAddr) -> bool,
    roots: fn() -> RootCertStore,
    timeout: Duration,
    has_loopback: bool,
    tls: OnceLock<TlsConnector>,
}

impl PublicWeb {
    /// The client that production uses: `https` to public addresses.
    #[expect(clippy::new_without_default, reason = "a default client would be an ambient capability")]
    pub fn new() -> Self {
        Self {
            look_up: Box::new(|host| Box::pin(look_up(host.into()))),
            may_connect: is_public,
            roots: || webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
            timeout: TIMEOUT,
            has_loopback: false,
            tls: OnceLock::new(),
        }
    }

    /// The client of the local server, which also reaches this computer, by [`is_loopback`] URLs only.
    pub fn with_loopback() -> Self {
        Self { has_loopback: true, ..Self::new() }
    }

    /// Sends a request to its absolute URL and reads a body of at most `bytes`.
    ///
    /// # Errors
    /// [`FetchError`]
    pub async fn send(&self, request: Request<Bytes>, bytes: usize) -> Result<Response<Bytes>, FetchError> {
        timeout(self.timeout, self.exchange(request, bytes)).await.unwrap_or(Err(FetchError::TimedOut))
    }

    async fn exchange(&self, request: Request<Bytes>, bytes: usize) -> Result<Response<Bytes>, FetchError> {
        let url = request.uri().clone();
        let host = url.host().ok_or(FetchError::Url)?;
        let is_https = url.scheme() == Some(&Scheme::HTTPS);
        let port = url.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        if self.has_loopback && is_loopback(&url) {
            let addresses = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
            let stream = TcpStream::connect(addresses.map(|address| (address, port).into()).as_slice()).await?;
            return exchange_over(TokioIo::new(stream), request, bytes).await;
        }
        if !is_https {
            return Err(FetchError::Url);
        }
        let addresses = self.addresses(host, port).await?;
        let stream = TcpStream::connect(addresses.as_slice()).await?;
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        exchange_over(TokioIo::new(self.tls().connect(name, stream).await?), request, bytes).await
    }

    /// Resolves the host. A single non-public address rejects it: a host with both kinds is likely an attack.
    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, FetchError> {
        let mut addresses = (self.look_up)(host).await.map_err(FetchError::Lookup)?;
        if let Some(address) = addresses.iter().find(|address| !(self.may_connect)(**address)) {
            return Err(FetchError::NotPublic(*address));
        }
        // Addresses are tried in order, and Lambda has no IPv6 route unless the operator has set one up.
        addresses.sort_by_key(IpAddr::is_ipv6);
        Ok(addresses.into_iter().map(|address| (address, port).into()).collect())
    }

    fn tls(&self) -> &TlsConnector {
        self.tls.get_or_init(|| {
            let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("ring supports TLS 1.2 and 1.3")
                .with_root_certificates((self.roots)())
                .with_no_client_auth();
            TlsConnector::from(Arc::new(config))
        })
    }
}

/// `true` if a URL is `http` at a loopback name or address of this computer, e.g. `http://localhost:8080/realms/home`.
pub fn is_loopback(url: &Uri) -> bool {
    url.scheme() == Some(&Scheme::HTTP) && matches!(url.host(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// Sends the request over a new connection, which is closed afterwards.
async fn exchange_over(
    stream: impl Read + Write + Unpin + Send + 'static,
    mut request: Request<Bytes>,
    bytes: usize,
) -> Result<Response<Bytes>, FetchError> {
    let (mut sender, connection) = http1::Builder::new().max_buf_size(HEADER_BYTES).handshake(stream).await?;
    // The task is aborted when this function returns.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let url = std::mem::take(request.uri_mut());
    let host = url.authority().ok_or(FetchError::Url)?.as_str();
    let host = HeaderValue::from_str(host).map_err(http::Error::from)?;
    *request.uri_mut() = url.path_and_query().map_or("/", |path| path.as_str()).parse().map_err(http::Error::from)?;
    request.headers_mut().insert(header::HOST, host);
    request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static("jean"));
    let (parts, body) = sender.send_request(request.map(Full::new)).await?.into_parts();
    let body = Limited::new(body, bytes).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() { FetchError::TooLong(bytes) } else { FetchError::Body(error) }
    })?;
    Ok(Response::from_parts(parts, body.to_bytes()))
}

/// Resolves the host as a fully qualified name. Without the final dot the resolver would also try local search domains.
async fn look_up(host: String) -> io::Result<Vec<IpAddr>> {
    Ok(tokio::net::lookup_host((format!("{host}."), 443)).await?.map(|address| address.ip()).collect())
}

#[cfg(test)]
mod tests;
