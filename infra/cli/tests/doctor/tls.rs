//! TLS with an untrusted certificate, and with the same one passed as trusted.

use std::{io, net::SocketAddr, sync::Arc};

use axum::serve::Listener;
use base64::{Engine, engine::general_purpose::STANDARD};
use jean_cli::doctor::{Status, Trust};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivatePkcs8KeyDer},
    server::TlsStream,
};

use crate::server::{Fault, PASSWORD, Server, examine_trusting};

struct Tls(TcpListener, TlsAcceptor);

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (stream, address) = self.0.accept().await.expect("accepts");
            // A client that does not trust the certificate aborts the handshake.
            if let Ok(stream) = self.1.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn untrusted_certificate_is_unreachable_and_trusted_one_is_not() {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".into()]).expect("a certificate");
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key.into()))
        .expect("a configuration");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("https://localhost:{}", listener.local_addr().expect("an address").port());
    let (_server, router) = Server::behind(Fault::none(), &url).await;
    let tls = Tls(listener, TlsAcceptor::from(Arc::new(config)));
    tokio::spawn(async { axum::serve(tls, router).await });

    let refused = examine_trusting(&url, None, None, Trust::default()).await.expect_err("untrusted");
    assert!(refused.to_string().contains("certificate"), "{refused}");

    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(cert.der()));
    let trust = Trust(Some(pem.into_bytes()));
    let report = examine_trusting(&url, Some(PASSWORD), None, trust).await.expect("a report");
    let failed: Vec<_> = report.findings.iter().filter(|finding| finding.status != Status::Ok).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}
