//! Requests to identity providers.

use std::{fmt, pin::Pin, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};
use jean_auth::identity_provider::Issuer;
use jean_public_web::{FetchError, PublicWeb, is_loopback};
use openidconnect::{HttpRequest, HttpResponse};

/// Size limit of a response in bytes: metadata, keys with their certificates, or tokens.
const RESPONSE_BYTES: usize = 64 * 1024;

/// The web, as this function reaches providers. Tests replace it.
#[derive(Clone)]
pub struct ProviderWeb(Arc<Send>);

type Send =
    dyn Fn(Request<Bytes>) -> Pin<Box<dyn Future<Output = Sent> + std::marker::Send>> + std::marker::Send + Sync;
type Sent = Result<Response<Bytes>, FetchError>;

impl ProviderWeb {
    /// The web of which `send` returns responses.
    pub fn new<F: Future<Output = Sent> + std::marker::Send + 'static>(
        send: impl Fn(Request<Bytes>) -> F + std::marker::Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(move |request| Box::pin(send(request))))
    }

    /// The public web, over TLS. The client is initialised on first use.
    pub fn public() -> Self {
        Self::of(PublicWeb::new())
    }

    /// The public web and, for providers with a loopback issuer, this computer.
    pub fn with_loopback() -> Self {
        Self::of(PublicWeb::with_loopback())
    }

    fn of(web: PublicWeb) -> Self {
        let web = Arc::new(web);
        Self::new(move |request| {
            let web = Arc::clone(&web);
            async move { web.send(request, RESPONSE_BYTES).await }
        })
    }

    /// Sends a request on behalf of a provider. The metadata of a provider could otherwise name an address of this computer, so
    /// only a provider that runs on it reaches it.
    pub(crate) async fn send(&self, issuer: &Issuer, request: Request<Bytes>) -> Sent {
        if is_loopback(request.uri()) && !issuer.is_loopback() {
            return Err(FetchError::Url);
        }
        let response = (self.0)(request).await?;
        if response.body().len() > RESPONSE_BYTES { Err(FetchError::TooLong(RESPONSE_BYTES)) } else { Ok(response) }
    }

    /// The HTTP client of the protocol's crate.
    pub(crate) fn client(&self, issuer: &Issuer) -> impl Fn(HttpRequest) -> ClientResponse + std::marker::Send + Sync {
        let (web, issuer) = (self.clone(), issuer.clone());
        move |request| {
            let (web, issuer) = (web.clone(), issuer.clone());
            Box::pin(async move { Ok(web.send(&issuer, request.map(Bytes::from)).await?.map(Into::into)) })
        }
    }
}

type ClientResponse = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + std::marker::Send>>;

impl fmt::Debug for ProviderWeb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProviderWeb")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SR-31, T-17
    #[tokio::test]
    async fn metadata_cannot_name_an_address_of_this_computer() {
        let web = ProviderWeb::new(|_| std::future::ready(Ok(Response::new(Bytes::new()))));
        let public: Issuer = "https://open.example".parse().expect("valid");
        let local: Issuer = "http://localhost:8080/realms/home".parse().expect("valid");
        let send = async |issuer: &Issuer, url: &str| {
            web.send(issuer, Request::get(url).body(Bytes::new()).expect("valid")).await.is_ok()
        };
        for url in ["http://localhost:9001/token", "http://127.0.0.1/", "http://[::1]:9001/"] {
            assert!(!send(&public, url).await && send(&local, url).await, "{url}");
        }
        assert!(send(&public, "https://open.example/token").await);
    }

    /// SR-31
    #[tokio::test]
    async fn response_is_limited() {
        for (bytes, is_read) in [(RESPONSE_BYTES, true), (RESPONSE_BYTES + 1, false)] {
            let web = ProviderWeb::new(move |_| std::future::ready(Ok(Response::new(vec![b'x'; bytes].into()))));
            let request = Request::get("https://open.example/keys").body(Bytes::new()).expect("valid");
            assert_eq!(web.send(&"https://open.example".parse().expect("valid"), request).await.is_ok(), is_read);
        }
    }
}
