//! One `GET` on the public web, on behalf of an unauthenticated request (T-17).
//!
//! An attacker can choose the URL, and could otherwise reach internal services (SSRF). The host is resolved once, all its
//! addresses must be public, and the connection is made to one of these addresses: a second lookup could return another
//! one. The HTTP client has no redirects, proxies or connection reuse, which closes the usual SSRF bypasses.

use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use jean_auth::client_metadata::{DocumentUrl, is_public};
use tokio::{net::TcpStream, task::JoinSet, time::timeout};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};

/// Size limit of a document in bytes (draft §8.7).
const DOCUMENT_BYTES: usize = 5 * 1024;
/// Size limit of status line and headers in bytes.
const HEADER_BYTES: usize = 16 * 1024;
/// Timeout of the whole exchange. A user is waiting, and the function times out after ten seconds.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The reasons why a document could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
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
    #[error("incomplete document: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
    /// The body exceeds the limit.
    #[error("document exceeds {DOCUMENT_BYTES} bytes")]
    TooLong,
    /// The exchange exceeded the timeout.
    #[error("no response within {TIMEOUT:?}")]
    TimedOut,
}

type LookUp = Box<dyn Fn(&str) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>> + Send + Sync>;

/// An HTTP client for the public web. Its parts can be replaced, so that tests run a local server behind a public name.
pub(super) struct PublicWeb {
    look_up: LookUp,
    may_connect: fn(IpAddr) -> bool,
    roots: fn() -> RootCertStore,
    timeout: Duration,
    tls: OnceLock<TlsConnector>,
}

impl PublicWeb {
    /// The client that production uses.
    pub(super) fn new() -> Self {
        Self {
            look_up: Box::new(|host| Box::pin(look_up(host.into()))),
            may_connect: is_public,
            roots: || webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
            timeout: TIMEOUT,
            tls: OnceLock::new(),
        }
    }

    /// Fetches `url`.
    pub(super) async fn get(&self, url: &DocumentUrl) -> Result<Response<Bytes>, FetchError> {
        timeout(self.timeout, self.exchange(url)).await.unwrap_or(Err(FetchError::TimedOut))
    }

    async fn exchange(&self, url: &DocumentUrl) -> Result<Response<Bytes>, FetchError> {
        let addresses = self.addresses(url.host()).await?;
        let stream = TcpStream::connect(addresses.as_slice()).await?;
        let name = ServerName::try_from(url.host().to_owned()).map_err(io::Error::other)?;
        let stream = self.tls().connect(name, stream).await?;
        let (mut sender, connection) =
            http1::Builder::new().max_buf_size(HEADER_BYTES).handshake(TokioIo::new(stream)).await?;
        // The task is aborted when this function returns.
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        let request = Request::get(url.path_and_query())
            .header(header::HOST, url.host())
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, "jean")
            .body(Empty::<Bytes>::new())?;
        let (parts, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, DOCUMENT_BYTES).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() { FetchError::TooLong } else { FetchError::Body(error) }
        })?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    }

    /// Resolves the host. A single non-public address rejects it: a host with both kinds is likely an attack.
    async fn addresses(&self, host: &str) -> Result<Vec<SocketAddr>, FetchError> {
        let mut addresses = (self.look_up)(host).await.map_err(FetchError::Lookup)?;
        if let Some(address) = addresses.iter().find(|address| !(self.may_connect)(address.ip())) {
            return Err(FetchError::NotPublic(address.ip()));
        }
        // Addresses are tried in order, and Lambda has no IPv6 route unless the operator has set one up.
        addresses.sort_by_key(SocketAddr::is_ipv6);
        Ok(addresses)
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

/// Resolves the host as a fully qualified name. Without the final dot the resolver would also try local search domains.
async fn look_up(host: String) -> io::Result<Vec<SocketAddr>> {
    Ok(tokio::net::lookup_host((format!("{host}."), 443)).await?.collect())
}

#[cfg(test)]
mod tests;
