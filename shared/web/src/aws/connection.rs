//! Connections to AWS, each of which is free again before its answer is used.
//!
//! hyper takes a connection back in a task of its own, once the answer was read to its end. Who has the answer and at once
//! asks for the next thing is ahead of that task, finds no connection free, and begins another: a TLS handshake for
//! nothing. So an answer is read whole here, and handed on after whatever else was ready to run.

use std::{future::poll_fn, mem, task::Poll};

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;

/// The client, whose connections are free in time.
pub(super) fn reusing(client: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(Reusing(client))
}

#[derive(Debug)]
struct Reusing<C>(C);

impl HttpClient for Reusing<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Reusing(self.0.http_connector(settings, components)))
    }
}

impl HttpConnector for Reusing<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let mut answer = answer.await?;
            let body = mem::replace(answer.body_mut(), SdkBody::empty());
            *answer.body_mut() = SdkBody::from(body.collect().await.map_err(ConnectorError::io)?.to_bytes());
            others_first().await;
            Ok(answer)
        })
    }
}

/// Goes behind all tasks that are ready by now. `tokio::task::yield_now` would ask the kernel for events as well.
async fn others_first() {
    let mut is_last = false;
    poll_fn(|context| {
        if mem::replace(&mut is_last, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
