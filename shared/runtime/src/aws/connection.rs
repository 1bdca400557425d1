//! An HTTP client that returns each connection to the pool before the caller sees the response.
//!
//! hyper returns a connection to the pool from a separate task after the body has been read. A caller that immediately
//! sends another request can run before that task and open a second connection, which costs a TLS handshake. This
//! connector buffers the body and then yields once to the other tasks.

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

/// Wraps `client` so that its connections are reused by the next request.
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

/// Yields to all tasks that are ready. `tokio::task::yield_now` would also poll the kernel for events.
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

#[cfg(test)]
mod tests {
    use std::{cell::Cell, rc::Rc, time::Duration};

    use aws_sdk_secretsmanager::Client;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
        runtime::{Builder, LocalOptions},
        task::spawn_local,
        time::sleep,
    };

    use crate::{Environment, aws::config};

    /// Answers each request as Secrets Manager does, the body a moment after the head, until the connection is closed.
    async fn answer(mut stream: TcpStream) {
        let (mut request, mut read) = (Vec::new(), [0; 4096]);
        while let Ok(length @ 1..) = stream.read(&mut read).await {
            request.extend_from_slice(&read[..length]);
            if request.ends_with(b"}") {
                request.clear();
                let body = r#"{"VersionId":"v1","SecretString":"a secret","CreatedDate":0}"#;
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                stream.write_all(head.as_bytes()).await.expect("writes");
                sleep(Duration::from_millis(5)).await;
                stream.write_all(body.as_bytes()).await.expect("writes");
            }
        }
    }

    #[test]
    fn immediate_next_request_reuses_the_connection() {
        let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default()).expect("starts");
        let calls = async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
            let url = format!("http://{}", listener.local_addr().expect("bound"));
            let connections = Rc::new(Cell::new(0));
            let counted = Rc::clone(&connections);
            spawn_local(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    counted.set(counted.get() + 1);
                    spawn_local(answer(stream));
                }
            });
            let variables = [
                ("AWS_ACCESS_KEY_ID", "a"),
                ("AWS_SECRET_ACCESS_KEY", "b"),
                ("AWS_REGION", "us-east-1"),
                ("AWS_ENDPOINT_URL_SECRETS_MANAGER", url.as_str()),
            ];
            let environment: Environment =
                variables.map(|(name, value)| (name.into(), value.into())).into_iter().collect();
            let client = Client::new(&config(&environment).expect("a configuration"));
            for _ in 0..5 {
                client.get_secret_value().secret_id("signing").send().await.expect("an answer");
            }
            connections.get()
        };
        assert_eq!(runtime.block_on(runtime.spawn_local(calls)).expect("no panic"), 1);
    }
}
