//! Serves a router on a local port until the process is interrupted.

use std::{
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::Router;
use tokio::{net::TcpListener, signal, sync::watch, task::JoinSet, time::timeout};

/// The time that open requests get to finish on shutdown. A stream held open by a client would never finish.
const GRACE_PERIOD: Duration = Duration::from_secs(3);

/// Errors of listening.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    #[error("port {0} is in use by another program; choose another with --port, or 0 for any free port")]
    Taken(u16),
    #[error("port {0} is reserved for programs with more rights; choose another with --port, such as 3000")]
    Reserved(u16),
    #[error("{0} is not an address of this computer; pass another with --listen")]
    Foreign(IpAddr),
    #[error("cannot listen on {address}: {source}")]
    Address { address: SocketAddr, source: io::Error },
}

/// Listens on the addresses of "localhost": IPv4, and IPv6 if available. Browsers may try either first.
pub(crate) async fn local(port: u16) -> Result<(u16, Vec<TcpListener>), ListenError> {
    let (port, mut listeners) = one(Ipv4Addr::LOCALHOST.into(), port).await?;
    match at((Ipv6Addr::LOCALHOST, port).into()).await {
        Ok(second) => listeners.push(second),
        Err(ListenError::Address { .. }) => {}
        Err(taken) => return Err(taken),
    }
    Ok((port, listeners))
}

/// Listens on a port of one address of this computer.
pub(crate) async fn one(address: IpAddr, port: u16) -> Result<(u16, Vec<TcpListener>), ListenError> {
    let listener = at((address, port).into()).await?;
    let port = listener.local_addr().map_or(port, |address| address.port());
    Ok((port, vec![listener]))
}

/// Listens on one address and port.
pub(crate) async fn at(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::Taken(address.port()),
        io::ErrorKind::PermissionDenied => ListenError::Reserved(address.port()),
        io::ErrorKind::AddrNotAvailable if !address.ip().is_loopback() => ListenError::Foreign(address.ip()),
        _ => ListenError::Address { address, source },
    })
}

/// Serves until `shutdown` completes, then waits up to [`GRACE_PERIOD`] for open requests.
pub(crate) async fn serve(listeners: Vec<TcpListener>, router: Router, shutdown: impl Future<Output = ()>) {
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
    shutdown.await;
    drop(ending);
    let _ = timeout(GRACE_PERIOD, async { while servers.join_next().await.is_some() {} }).await;
}

/// Completes on SIGINT (Ctrl-C) or SIGTERM. Both are handled from this call on.
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

/// Completes on Ctrl-C.
#[cfg(not(unix))]
pub(crate) fn interruption() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = signal::ctrl_c().await;
    })
}
