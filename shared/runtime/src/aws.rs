//! The AWS configuration of a Lambda, made by hand from its environment.
//!
//! aws-config would look for profiles, containers and instance metadata that no Lambda has. TLS is rustls with ring, and
//! trusts the roots AWS publishes for its own endpoints: reading the system's bundle costs more than all else in init.

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

/// How AWS is reached from this environment. `AWS_CA_BUNDLE` names other roots, `AWS_ENDPOINT_URL_*` other endpoints.
///
/// # Errors
/// [`StartError`] when the credentials, the region or the roots are not there.
pub fn config(environment: &Environment) -> Result<SdkConfig, StartError> {
    let roots = match environment.get("AWS_CA_BUNDLE") {
        None => AMAZON_ROOTS.to_vec(),
        Some(path) => std::fs::read(path).map_err(|error| StartError::Invalid("AWS_CA_BUNDLE", error.to_string()))?,
    };
    let trust = TrustStore::empty().with_pem_certificate(roots);
    let tls = TlsContext::builder()
        .with_trust_store(trust)
        .build()
        .map_err(|error| StartError::Runtime(error.to_string()))?;
    let credentials = Credentials::new(
        environment.require("AWS_ACCESS_KEY_ID")?,
        environment.require("AWS_SECRET_ACCESS_KEY")?,
        environment.get("AWS_SESSION_TOKEN"),
        None,
        "environment",
    );
    // A person waits: one slow attempt is given up for another while there is time for it. Two calls that both come to
    // nothing, as when one is to tell what became of the other, still leave time to say so before Lambda ends the request.
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
        // An answer that trickles is given up by the time-outs as well, and this would begin another timer for each call.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        // The credentials are as they were at the start: there is nothing to cache.
        .identity_cache(IdentityCache::no_cache())
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .service_config(environment.clone())
        .build())
}
