//! Errors of the store.

use aws_sdk_dynamodb::error::SdkError;

/// The error of a failed operation. A change of one item or a few is one write or one transaction, so it is not applied in part.
/// An operation on many items, such as an import, may have changed some of them; it continues when it is repeated.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB rejected the request or could not be reached.
    #[error("DynamoDB: {0}")]
    DynamoDb(String),
    /// Concurrent requests changed the same items during every attempt. Nothing was written.
    #[error("contention: {0}")]
    Contention(&'static str),
    /// The user's account has been deleted.
    #[error("the account was deleted")]
    AccountDeleted,
    /// A stored item does not have the expected attributes.
    #[error("unreadable item: {0}")]
    Unreadable(#[from] serde_dynamo::Error),
}

/// Takes the messages of the error and its causes. The SDK's `DisplayErrorContext` would add the raw response, which may
/// contain a user's items (T-20).
impl<E: std::error::Error + Send + Sync + 'static> From<SdkError<E>> for StoreError {
    fn from(error: SdkError<E>) -> Self {
        let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
        Self::DynamoDb(causes.map(ToString::to_string).collect::<Vec<_>>().join(": "))
    }
}
