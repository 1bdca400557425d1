//! A deployed stack: the tables and the address in its outputs, and the configuration of AWS clients with the credentials of the
//! AWS CLI.

use std::{collections::HashMap, error::Error};

use aws_config::BehaviorVersion;
use aws_sdk_cloudformation::{Client, config::ProvideCredentials, error::ProvideErrorMetadata};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_types::SdkConfig;
use jean_auth::public_url::PublicUrl;

/// A stack, as its outputs describe it.
#[derive(Debug)]
pub(crate) struct DeployedStack {
    /// The configuration of AWS clients.
    pub(crate) aws: SdkConfig,
    /// The names of the auth, users and memories tables.
    pub(crate) tables: [String; 3],
    /// The address of the server.
    pub(crate) public_url: PublicUrl,
}

/// The reason why a stack cannot be used, with the next step.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StackLookupError {
    #[error(
        "no region; pass AWS_REGION, set one with: aws configure set region REGION, or check the name in AWS_PROFILE"
    )]
    NoRegion,
    #[error("no stack {name} in {region}; list the stacks with: aws cloudformation list-stacks --region {region}")]
    NoStack { name: String, region: String },
    #[error(
        "no permission to read the stack; allow cloudformation:DescribeStacks, or pass the tables and --public-url"
    )]
    Denied,
    #[error(
        "no valid AWS credentials ({0}); sign in with: aws sso login, choose a profile of `aws configure list-profiles` with AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )]
    NoCredentials(String),
    #[error("the stack {0} has no output {1}; deploy this release first, or pass the tables and --public-url")]
    NoOutput(String, &'static str),
    #[error("cannot read the stack {0}: {1}")]
    Failed(String, String),
}

impl DeployedStack {
    /// Reads the outputs of a stack.
    pub(crate) async fn read(name: &str) -> Result<Self, Box<dyn Error>> {
        Self::read_with(aws_of_cli().await, name).await
    }

    async fn read_with(aws: SdkConfig, name: &str) -> Result<Self, Box<dyn Error>> {
        let region = aws.region().ok_or(StackLookupError::NoRegion)?.to_string();
        let described = Client::new(&aws).describe_stacks().stack_name(name).send().await;
        let described = described.map_err(|error| {
            let message = error.message().map_or_else(|| with_causes(&error), Into::into);
            problem(error.code(), message, name, &region)
        })?;
        let outputs = described.stacks().first().map(|stack| stack.outputs()).unwrap_or_default();
        let outputs = outputs.iter().filter_map(|output| Some((output.output_key()?, output.output_value()?)));
        let outputs: HashMap<_, _> = outputs.collect();
        let output = |key| {
            let value = outputs.get(key).map(|value| (*value).to_owned());
            value.ok_or_else(|| StackLookupError::NoOutput(name.into(), key))
        };
        let tables = [output("AuthTableName")?, output("UsersTableName")?, output("MemoriesTableName")?];
        let public_url = output("McpUrl")?.trim_end_matches("/mcp").parse()?;
        Ok(Self { tables, public_url, aws })
    }
}

/// Loads the configuration of AWS clients for tables that the caller names.
pub(crate) async fn aws_for_tables() -> Result<SdkConfig, StackLookupError> {
    let aws = aws_of_cli().await;
    aws.region().ok_or(StackLookupError::NoRegion)?;
    // The error of a table names no next step.
    if let Some(provider) = aws.credentials_provider() {
        let provided = provider.provide_credentials().await;
        provided.map_err(|error| StackLookupError::NoCredentials(with_causes(&error)))?;
    }
    Ok(aws)
}

/// Loads the configuration that the AWS CLI uses: region and credentials of a profile, SSO or the environment, and the
/// endpoints of `AWS_ENDPOINT_URL*`.
async fn aws_of_cli() -> SdkConfig {
    let client = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    aws_config::defaults(BehaviorVersion::latest()).http_client(client).load().await
}

/// The problem that an error of CloudFormation or of a credentials provider stands for.
fn problem(code: Option<&str>, message: String, name: &str, region: &str) -> StackLookupError {
    match code {
        Some("ValidationError") if message.contains("does not exist") => {
            StackLookupError::NoStack { name: name.into(), region: region.into() }
        }
        Some("AccessDenied" | "AccessDeniedException") => StackLookupError::Denied,
        Some("ExpiredToken" | "InvalidClientTokenId" | "UnrecognizedClientException" | "SignatureDoesNotMatch") => {
            StackLookupError::NoCredentials(message)
        }
        // The SDK reports providers that found nothing in the causes only.
        None if message.contains("credential") || message.contains("token") => StackLookupError::NoCredentials(message),
        _ => StackLookupError::Failed(name.into(), message),
    }
}

/// The message of an error with those of its causes, in one line.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::config::{Credentials, Region, SharedCredentialsProvider};
    use aws_smithy_http_client::test_util::infallible_client_fn;

    use super::*;

    /// A configuration for a network that answers every request with this status and body.
    fn answering(status: u16, body: String) -> SdkConfig {
        let client = infallible_client_fn(move |_| {
            http::Response::builder().status(status).body(body.clone()).expect("a response")
        });
        let credentials = Credentials::new("a", "b", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(client)
            .build()
    }

    fn described(outputs: &[(&str, &str)]) -> String {
        let member = |(key, value): &(&str, &str)| {
            format!("<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>")
        };
        let outputs: String = outputs.iter().map(member).collect();
        format!(
            "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>mine</StackName>\
             <CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>\
             <Outputs>{outputs}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
        )
    }

    const OUTPUTS: [(&str, &str); 4] = [
        ("AuthTableName", "mine-Auth"),
        ("UsersTableName", "mine-Users"),
        ("MemoriesTableName", "mine-Memories"),
        ("McpUrl", "https://memory.example/mcp"),
    ];

    #[tokio::test]
    async fn outputs_name_tables_and_address() {
        let stack = DeployedStack::read_with(answering(200, described(&OUTPUTS)), "mine").await.expect("read");
        assert_eq!(stack.tables, ["mine-Auth", "mine-Users", "mine-Memories"]);
        assert_eq!(stack.public_url.issuer(), "https://memory.example");
    }

    #[tokio::test]
    async fn every_refusal_names_the_next_step() {
        let refused = |code: &str, message: &str| {
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
            )
        };
        for (status, body, advice) in [
            (400, refused("ValidationError", "Stack with id mine does not exist"), "aws cloudformation list-stacks"),
            (403, refused("AccessDenied", "not authorized"), "cloudformation:DescribeStacks"),
            (403, refused("ExpiredToken", "expired"), "aws sso login"),
            (403, refused("InvalidClientTokenId", "invalid"), "AWS_PROFILE"),
            (400, refused("Throttling", "Rate exceeded"), "Rate exceeded"),
            (200, described(&OUTPUTS[1..]), "deploy this release first"),
            (200, described(&OUTPUTS[..3]), "no output McpUrl"),
        ] {
            let error = DeployedStack::read_with(answering(status, body), "mine").await.expect_err(advice).to_string();
            assert!(error.contains(advice), "{error}");
        }
    }

    #[tokio::test]
    async fn missing_region_is_named() {
        let aws = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
        let error = DeployedStack::read_with(aws, "mine").await.expect_err("no region");
        assert_eq!(error.downcast_ref(), Some(&StackLookupError::NoRegion));
    }
}
