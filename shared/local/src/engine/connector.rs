//! The engine in the place of the AWS SDK's connection.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::{
    client::{
        behavior_version::BehaviorVersion,
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::{body::SdkBody, retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, region::Region};

use super::{Engine, operations};
use crate::role::Role;

/// The SDK's configuration with the engine behind it. Nothing is tried twice: a failure here is one to look at.
pub(super) fn config(engine: &Engine, role: Option<Role>) -> SdkConfig {
    let nobody = Credentials::new("desk", "desk", None, None, "desk");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("local"))
        .credentials_provider(SharedCredentialsProvider::new(nobody))
        .http_client(SharedHttpClient::new(Caller { engine: engine.clone(), role }))
        .timeout_config(TimeoutConfig::disabled())
        .retry_config(RetryConfig::disabled())
        .build()
}

/// Who calls: somebody with a role, or with none and every permission.
#[derive(Debug, Clone)]
struct Caller {
    engine: Engine,
    role: Option<Role>,
}

impl HttpClient for Caller {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Caller {
    /// SQLite blocks, so it gets a thread of those that may.
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { engine, role } = self.clone();
        let answered = tokio::task::spawn_blocking(move || {
            let body = request.body().bytes().ok_or_else(|| other("DynamoDB has no streams of bytes"))?;
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            let answer = match role.map(|role| role.check(operations::name(target), body)) {
                Some(Err(permission)) => operations::denied(&permission),
                _ => engine.answer(target, body),
            };
            let status = StatusCode::try_from(answer.status).map_err(other)?;
            let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
            response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
            Ok(response)
        });
        HttpConnectorFuture::new(async { answered.await.map_err(other)? })
    }
}

fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ConnectorError {
    ConnectorError::other(error.into(), None)
}
