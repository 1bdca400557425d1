//! The engine as an HTTP connector of the AWS SDK.

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

use super::{database::Engine, operations};
use crate::role::Role;

impl Engine {
    /// Returns an AWS configuration that allows every action.
    pub fn aws(&self) -> SdkConfig {
        config(self, None)
    }

    /// Returns an AWS configuration restricted to the permissions of a role.
    pub fn aws_as(&self, role: Role) -> SdkConfig {
        config(self, Some(role))
    }
}

/// Builds the SDK configuration. Retries are disabled: a failure of the local database is an error to investigate.
fn config(engine: &Engine, role: Option<Role>) -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("local"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(SharedHttpClient::new(RoleConnector { engine: engine.clone(), role }))
        .timeout_config(TimeoutConfig::disabled())
        .retry_config(RetryConfig::disabled())
        .build()
}

/// A caller of the engine. Without a role it has every permission.
#[derive(Debug, Clone)]
struct RoleConnector {
    engine: Engine,
    role: Option<Role>,
}

impl HttpClient for RoleConnector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for RoleConnector {
    /// Calls the engine on a blocking thread, since SQLite blocks.
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { engine, role } = self.clone();
        let answered = tokio::task::spawn_blocking(move || {
            let body = request.body().bytes().ok_or_else(|| other("the request body must not be a stream"))?;
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
