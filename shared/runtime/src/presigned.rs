//! Uploads to presigned URLs of AWS, which carry their own authorisation.

use std::{fmt, str::FromStr, time::Duration};

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::{
    Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, SharedHttpConnector},
    orchestrator::HttpRequest,
};
use aws_smithy_types::body::SdkBody;
use url::Url;

use crate::{Environment, StartError, aws};

/// Time limit of one attempt.
const ATTEMPT_WITHIN: Duration = Duration::from_secs(5);
/// Pauses after failed attempts.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];

/// A URL that authorises its upload by its signature, e.g. of a response to CloudFormation. Redacted in `Debug`.
#[derive(Clone)]
pub struct PresignedUrl(Url);

/// A URL to which nothing is uploaded. An attacker who could choose the host would receive the upload, or reach hosts that only
/// the function can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the response URL is not an https URL of AWS")]
pub struct InvalidUrl;

/// The domains of S3 in the partitions that the AWS SDK knows: the commercial one and GovCloud, China, the European Sovereign
/// Cloud, and those of the American and British governments.
const DOMAINS: [&str; 7] = [
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".c2s.ic.gov",
    ".sc2s.sgov.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
];

/// A failed upload. The message never contains the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// The host answered with this status.
    #[error("the upload was answered with {0}")]
    Status(u16),
    /// The host did not answer.
    #[error("the upload failed without an answer")]
    NoAnswer,
}

impl FromStr for PresignedUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        let url = Url::parse(text).map_err(|_| InvalidUrl)?;
        let of_aws = |host: &str| DOMAINS.iter().any(|domain| host.ends_with(domain));
        let is_valid = url.scheme() == "https"
            && url.domain().is_some_and(of_aws)
            && url.port().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if is_valid { Ok(Self(url)) } else { Err(InvalidUrl) }
    }
}

impl fmt::Debug for PresignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresignedUrl([redacted])")
    }
}

/// Uploads over one HTTP connector.
#[derive(Debug, Clone)]
pub struct Uploads(SharedHttpConnector);

impl Uploads {
    /// Uploads over TLS, to hosts with certificates of the roots that the AWS clients trust. Follows no redirect.
    ///
    /// # Errors
    /// [`StartError`] if the roots cannot be read.
    pub fn of_lambda(environment: &Environment) -> Result<Self, StartError> {
        let connector = Connector::builder().sleep_impl(TokioSleep::new());
        let connector = connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(aws::tls(environment)?);
        Ok(Self::over(connector.build()))
    }

    /// Uploads over a connector of a test.
    pub fn over(connector: impl HttpConnector + 'static) -> Self {
        Self(SharedHttpConnector::new(connector))
    }

    /// Uploads a body without a media type, which would be part of the signature.
    ///
    /// # Errors
    /// [`UploadError`] if three attempts failed.
    pub async fn put(&self, url: &PresignedUrl, body: String) -> Result<(), UploadError> {
        let mut failed = self.attempt(url, body.clone()).await;
        for pause in PAUSES {
            if failed.is_ok() {
                break;
            }
            tokio::time::sleep(pause).await;
            failed = self.attempt(url, body.clone()).await;
        }
        failed
    }

    async fn attempt(&self, PresignedUrl(url): &PresignedUrl, body: String) -> Result<(), UploadError> {
        let length = body.len().to_string();
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method("PUT").map_err(|_| UploadError::NoAnswer)?;
        request.set_uri(url.as_str()).map_err(|_| UploadError::NoAnswer)?;
        request.headers_mut().insert("content-length", length);
        let answer = tokio::time::timeout(ATTEMPT_WITHIN, self.0.call(request)).await;
        match answer {
            Ok(Ok(answer)) if answer.status().is_success() => Ok(()),
            Ok(Ok(answer)) => Err(UploadError::Status(answer.status().as_u16())),
            Ok(Err(_)) | Err(_) => Err(UploadError::NoAnswer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T-17
    #[test]
    fn response_url_is_https_and_of_aws() {
        for (text, is_valid) in [
            ("https://cloudformation-custom-resource-response-euc1.s3.eu-central-1.amazonaws.com/a%7Cb?X-Amz=1", true),
            ("https://bucket.s3.cn-north-1.amazonaws.com.cn/a?X-Amz=1", true),
            ("https://bucket.s3.eusc-de-east-1.amazonaws.eu/a?X-Amz=1", true),
            ("https://bucket.s3.us-iso-east-1.c2s.ic.gov/a?X-Amz=1", true),
            ("https://amazonaws.eu.evil.example/a", false),
            ("https://evilamazonaws.eu/a", false),
            ("https://bucket.s3.us-iso-east-1.ic.gov/a", false),
            ("http://bucket.s3.amazonaws.com/a", false),
            ("https://amazonaws.com.evil.example/a", false),
            ("https://evilamazonaws.com/a", false),
            ("https://bucket.s3.amazonaws.com:8443/a", false),
            ("https://bucket.s3.amazonaws.com@evil.example/a", false),
            ("https://user@bucket.s3.amazonaws.com/a", false),
            ("https://169.254.169.254/latest", false),
            ("https://[::1]/a", false),
            ("file:///a.amazonaws.com", false),
            ("", false),
        ] {
            assert_eq!(text.parse::<PresignedUrl>().is_ok(), is_valid, "{text}");
        }
    }

    #[test]
    fn debug_shows_no_signature() {
        let url: PresignedUrl = "https://bucket.s3.amazonaws.com/a?X-Amz-Signature=secret".parse().expect("valid");
        assert_eq!(format!("{url:?} {InvalidUrl} {}", UploadError::NoAnswer).find("secret"), None);
    }
}
