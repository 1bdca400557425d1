//! One `GET` on the public web, for somebody nobody knows yet (T-17).
//!
//! The connection is made by hand: the host is looked up once, every address it has must be public, and one of those very
//! addresses is connected to. There is no second lookup that could answer otherwise, no proxy, and no redirect is
//! followed. What is in the way of a clever client is that it does nothing cleverly.

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

/// The longest document that is read (draft §8.7).
const DOCUMENT_BYTES: usize = 5 * 1024;
/// The most that status and headers may take.
const HEADER_BYTES: usize = 16 * 1024;
/// How long all of it may take. Behind it a person waits, and a function that ends after ten seconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The name has no address.
    #[error("the host can't be looked up: {0}")]
    Lookup(io::Error),
    /// One of the name's addresses is not on the public internet.
    #[error("the host has the address {0}, which is not public")]
    NotPublic(IpAddr),
    /// No connection, or one that nobody vouches for.
    #[error("no connection: {0}")]
    Connect(#[from] io::Error),
    /// What came is not HTTP.
    #[error("no answer: {0}")]
    Http(#[from] hyper::Error),
    /// The request can't be written.
    #[error("no request: {0}")]
    Request(#[from] http::Error),
    /// The body can't be read to its end.
    #[error("the document breaks off: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
    /// The body is too long.
    #[error("the document is longer than {DOCUMENT_BYTES} bytes")]
    TooLong,
    /// It took too long.
    #[error("it took longer than {PATIENCE:?}")]
    TimedOut,
}

type LookUp = Box<dyn Fn(&str) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>> + Send + Sync>;

/// A way to the web. What it consists of are arguments, so that a test can run a server of its own behind a public name.
pub(super) struct PublicWeb {
    look_up: LookUp,
    may_connect: fn(IpAddr) -> bool,
    roots: fn() -> RootCertStore,
    patience: Duration,
    tls: OnceLock<TlsConnector>,
}

impl PublicWeb {
    /// The public web.
    pub(super) fn new() -> Self {
        Self {
            look_up: Box::new(|host| Box::pin(look_up(host.into()))),
            may_connect: is_public,
            roots: || webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
            patience: PATIENCE,
            tls: OnceLock::new(),
        }
    }

    /// What is at `url`.
    pub(super) async fn get(&self, url: &DocumentUrl) -> Result<Response<Bytes>, FetchError> {
        timeout(self.patience, self.exchange(url)).await.unwrap_or(Err(FetchError::TimedOut))
    }

    async fn exchange(&self, url: &DocumentUrl) -> Result<Response<Bytes>, FetchError> {
        let addresses = self.addresses(url.host()).await?;
        let stream = TcpStream::connect(addresses.as_slice()).await?;
        let name = ServerName::try_from(url.host().to_owned()).map_err(io::Error::other)?;
        let stream = self.tls().connect(name, stream).await?;
        let (mut sender, connection) =
            http1::Builder::new().max_buf_size(HEADER_BYTES).handshake(TokioIo::new(stream)).await?;
        // Ends with this function, however that ends.
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

    /// Where the host is. One address that is not public spoils all: a name that has both is after the other one.
    async fn addresses(&self, host: &str) -> Result<Vec<SocketAddr>, FetchError> {
        let mut addresses = (self.look_up)(host).await.map_err(FetchError::Lookup)?;
        if let Some(address) = addresses.iter().find(|address| !(self.may_connect)(address.ip())) {
            return Err(FetchError::NotPublic(address.ip()));
        }
        // They are tried in turn, and a Lambda has no way to IPv6 unless somebody built it one.
        addresses.sort_by_key(SocketAddr::is_ipv6);
        Ok(addresses)
    }

    fn tls(&self) -> &TlsConnector {
        self.tls.get_or_init(|| {
            let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("ring has what TLS 1.2 and 1.3 need")
                .with_root_certificates((self.roots)())
                .with_no_client_auth();
            TlsConnector::from(Arc::new(config))
        })
    }
}

/// The dot ends the name: without it, the resolver would try it within domains of the local network as well.
async fn look_up(host: String) -> io::Result<Vec<SocketAddr>> {
    Ok(tokio::net::lookup_host((format!("{host}."), 443)).await?.collect())
}

#[cfg(test)]
mod tests;
