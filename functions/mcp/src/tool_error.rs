//! Tool errors, grouped by who can act on them.

use jean_auth::public_url::PublicUrl;
use jean_memory::{InvalidMemory, InvalidQuery, QuotaReached};
use jean_memory_service::WriteError;
use jean_runtime::Failure;
use jean_store::StoreError;
use rmcp::{
    ErrorData,
    handler::server::tool::IntoCallToolResult,
    model::{CallToolResponse, CallToolResult, ContentBlock},
};

/// The value of `confirm` that delete_all_memories requires. A model does not produce it by accident.
pub(crate) const CONFIRMATION: &str = "delete all memories";

/// The reason why a tool call failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ToolError {
    /// For the model: the memory exceeds a limit or has an invalid field.
    #[error(transparent)]
    Memory(#[from] InvalidMemory),
    /// For the model: the query is invalid.
    #[error(transparent)]
    Query(#[from] InvalidQuery),
    /// For the model: the user has no such memory. The error is the same if it belongs to another user (RS-08).
    #[error("No memory has this id. Use an id returned by search_memory or list_memories.")]
    UnknownMemory,
    /// For the model: the id is blank.
    #[error("The id is empty. Use an id returned by search_memory or list_memories.")]
    NoId,
    /// For the model: the user has no document with this id, and no memory with this id that is part of one.
    #[error("No document has this id. Omit whole_document to delete a single memory.")]
    UnknownDocument,
    /// For the user, through the model.
    #[error(
        "Not requested. Ask the user whether all memories are to be deleted, then call again with \
         confirm set to \"{CONFIRMATION}\"."
    )]
    NotConfirmed,
    /// For the model, which passes on the cursor of a page (TO-22).
    #[error("Invalid cursor. Omit it to start from the newest memory.")]
    InvalidCursor,
    /// For the user, through the model: a quota is reached (SR-03).
    #[error("{0}")]
    Full(String),
    /// For the user: the access token outlived the account.
    #[error("This account was deleted. Connect again with another account.")]
    AccountDeleted,
    /// For the model: concurrent requests changed the same memory.
    #[error("The memory was changed at the same time. Read it and try again.")]
    Contention,
    /// For the operator.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ToolError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::AccountDeleted => Self::AccountDeleted,
            StoreError::Contention(_) => Self::Contention,
            error => Self::Store(error),
        }
    }
}

impl ToolError {
    /// The error of a write, which names the page on which the user can delete memories.
    pub(crate) fn of_write(error: WriteError, public_url: &PublicUrl) -> Self {
        let delete = || {
            let page = public_url.join("/account/memories");
            format!("Tell the user to delete some at {page}, or to ask the operator to raise")
        };
        match error {
            WriteError::Store(error) => error.into(),
            WriteError::Full(QuotaReached::Memories { used, limit }) => Self::Full(format!(
                "Not stored. Your memory is full: {used} of {limit} memories. {} MemoriesPerUser.",
                delete()
            )),
            WriteError::Full(QuotaReached::Bytes { used, limit }) => Self::Full(format!(
                "Not stored. Your memory is full: {used} of {limit} bytes of text. {} BytesPerUser.",
                delete()
            )),
            WriteError::Full(QuotaReached::BytesPerDay { limit }) => Self::Full(format!(
                "Not stored. Too much text today: at most {limit} bytes may be written a day. Try again tomorrow (UTC), or \
                 tell the user to ask the operator to raise BytesPerDay."
            )),
        }
    }
}

/// Clients show results, but not protocol errors, to the model, so every error the model can act on is a result (TL-03).
impl IntoCallToolResult for ToolError {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        match self {
            Self::Memory(_)
            | Self::Query(_)
            | Self::UnknownMemory
            | Self::NoId
            | Self::UnknownDocument
            | Self::NotConfirmed
            | Self::InvalidCursor
            | Self::Full(_)
            | Self::Contention
            | Self::AccountDeleted => Ok(CallToolResult::error(vec![ContentBlock::text(self.to_string())]).into()),
            Self::Store(error) => {
                Failure::log(&error);
                Err(ErrorData::internal_error("", None))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TL-03
    #[test]
    fn contention_is_a_result_and_a_failure_of_the_store_is_not() {
        let result = |error: StoreError| ToolError::from(error).into_call_tool_result();
        let contention = result(StoreError::Contention("memory changed"));
        assert!(matches!(contention, Ok(CallToolResponse::Complete(result)) if result.is_error == Some(true)));
        assert!(result(StoreError::DynamoDb("out of reach".into())).is_err());
    }
}
