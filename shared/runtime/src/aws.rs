//! The AWS SDK configuration of a Lambda function, built from its environment variables.
//!
//! aws-config is not used: it looks for profiles, containers and instance metadata, which do not exist in Lambda. TLS is
//! rustls with ring and trusts the roots of AWS's own endpoints only; loading the system's bundle would dominate init.

mod connection;

use std::time::Duration;

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_secretsmanager::config::{BehaviorVersion, IdentityCache, StalledStreamProtectionConfig};
use aws_smithy_async::{rt::sleep::TokioSleep, time::SystemTimeSource};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, region::Region};

use crate::{Environment, StartError};

/// <https://www.amazontrust.com/repository/>: Amazon Root CA 1 to 4, Starfield Services Root G2.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

/// Builds the configuration. `AWS_CA_BUNDLE` replaces the trusted roots, `AWS_ENDPOINT_URL_*` the endpoints.
///
/// # Errors
/// [`StartError`] if credentials, region or roots are missing or invalid.
pub fn config(environment: &Environment) -> Result<SdkConfig, StartError> {
    let tls = tls(environment)?;
    let credentials = Credentials::new(
        environment.require("AWS_ACCESS_KEY_ID")?,
        environment.require("AWS_SECRET_ACCESS_KEY")?,
        environment.get("AWS_SESSION_TOKEN"),
        None,
        "environment",
    );
    // A user waits for the response, so a slow attempt is abandoned while there is time for another. Two operations that
    // both time out, such as a write and the read that checks its outcome, still finish before Lambda's own time-out.
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(2))
        .operation_timeout(Duration::from_secs(4))
        .build();
    let client = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls).build_https();
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(environment.require("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(connection::reusing(client))
        .sleep_impl(TokioSleep::new())
        .time_source(SystemTimeSource::new())
        .timeout_config(timeouts)
        // The time-outs also cover slow response bodies; this protection would start another timer per call.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        // The credentials never change during the life of the process.
        .identity_cache(IdentityCache::no_cache())
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .service_config(environment.clone())
        .build())
}

/// The trusted roots.
pub(crate) fn tls(environment: &Environment) -> Result<TlsContext, StartError> {
    let roots = match environment.get("AWS_CA_BUNDLE") {
        None => AMAZON_ROOTS.to_vec(),
        Some(path) => std::fs::read(path).map_err(|error| StartError::Invalid("AWS_CA_BUNDLE", error.to_string()))?,
    };
    let trust = TrustStore::empty().with_pem_certificate(roots);
    let context = TlsContext::builder().with_trust_store(trust).build();
    context.map_err(|error| StartError::Runtime(error.to_string()))
}
