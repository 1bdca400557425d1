//! The request and the response of a custom resource ([CloudFormation user
//! guide](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html)).

use serde::{Deserialize, Serialize};

/// The request that CloudFormation sends when it creates, updates or deletes the resource.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceRequest {
    /// The operation.
    pub request_type: Operation,
    /// The presigned URL to which the response is uploaded. It authorises a response, so it is never logged.
    #[serde(rename = "ResponseURL")]
    pub response_url: String,
    /// The ARN of the stack.
    pub stack_id: String,
    /// The id of the request.
    pub request_id: String,
    /// The name of the resource in the template.
    pub logical_resource_id: String,
    /// The id that the first response gave the resource.
    #[serde(default)]
    pub physical_resource_id: Option<String>,
    /// Its properties.
    #[serde(default)]
    pub resource_properties: Properties,
}

/// The operation of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Operation {
    /// The resource is new.
    Create,
    /// A property has changed, or a failed update is rolled back.
    Update,
    /// The resource or its stack is deleted, or a failed creation is rolled back.
    Delete,
}

/// The properties of the resource.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Properties {
    /// The email address of the first account.
    #[serde(default)]
    pub owner_email: String,
}

/// The response. It always succeeds: the lack of an account is no reason to roll back a stack.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ResourceResponse<'a> {
    status: &'static str,
    reason: &'static str,
    physical_resource_id: &'a str,
    stack_id: &'a str,
    request_id: &'a str,
    logical_resource_id: &'a str,
    data: Attributes,
}

/// The attributes of the resource, for `!GetAtt`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    /// The link, or the reason why there is none.
    create_your_account: String,
}

impl ResourceRequest {
    /// The name of the stack: `arn:aws:cloudformation:eu-central-1:111122223333:stack/NAME/…`.
    pub(crate) fn stack_name(&self) -> &str {
        self.stack_id.split('/').nth(1).unwrap_or("NAME")
    }

    pub(crate) fn success(&self, create_your_account: String) -> ResourceResponse<'_> {
        ResourceResponse {
            status: "SUCCESS",
            reason: "see the attribute CreateYourAccount",
            // The same at each update. Another one would make CloudFormation replace the resource.
            physical_resource_id: self.physical_resource_id.as_deref().unwrap_or("owner-link"),
            stack_id: &self.stack_id,
            request_id: &self.request_id,
            logical_resource_id: &self.logical_resource_id,
            data: Attributes { create_your_account },
        }
    }
}
