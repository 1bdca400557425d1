//! A router on a port of this computer, until somebody ends it.

use std::{
    future::Future,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::Router;
use tokio::{net::TcpListener, signal, sync::watch, task::JoinSet, time::timeout};

/// How long requests under way may take when the end has come. A stream that a client holds open has no end of its own.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why there is nothing to connect to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    #[error("port {0} is taken by another program; choose one with --port, or 0 for any that is free")]
    Taken(u16),
    #[error("{address} can't be listened on: {source}")]
    Address { address: SocketAddr, source: io::Error },
}

/// Listens where "localhost" leads: on IPv4, and on IPv6 where there is any. A browser may try either first.
pub(crate) async fn local(port: u16) -> Result<(u16, Vec<TcpListener>), ListenError> {
    let first = at((Ipv4Addr::LOCALHOST, port).into()).await?;
    let port = first.local_addr().map_or(port, |address| address.port());
    match at((Ipv6Addr::LOCALHOST, port).into()).await {
        Ok(second) => Ok((port, vec![first, second])),
        Err(ListenError::Address { .. }) => Ok((port, vec![first])),
        Err(taken) => Err(taken),
    }
}

/// Listens on one address.
pub(crate) async fn at(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::Taken(address.port()),
        _ => ListenError::Address { address, source },
    })
}

/// Serves until `end`, and a little longer for what is under way.
pub(crate) async fn serve(listeners: Vec<TcpListener>, router: Router, end: impl Future<Output = ()>) {
    let (ending, ended) = watch::channel(());
    let mut servers = JoinSet::new();
    for listener in listeners {
        let mut ended = ended.clone();
        let service = router.clone().into_make_service_with_connect_info::<SocketAddr>();
        let server = axum::serve(listener, service).with_graceful_shutdown(async move {
            let _ = ended.changed().await;
        });
        servers.spawn(server.into_future());
    }
    end.await;
    drop(ending);
    let _ = timeout(PATIENCE, async { while servers.join_next().await.is_some() {} }).await;
}

/// Ctrl-C, or a polite request to end. Either is heard from this call on.
#[cfg(unix)]
pub(crate) fn interruption() -> io::Result<impl Future<Output = ()>> {
    use signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ctrl-C.
#[cfg(not(unix))]
pub(crate) fn interruption() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = signal::ctrl_c().await;
    })
}
