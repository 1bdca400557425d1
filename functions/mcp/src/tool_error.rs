//! What can go wrong in a tool, by whose turn it is.

use jean_memory::{InvalidMemory, InvalidQuery};
use jean_runtime::Failure;
use jean_store::StoreError;
use rmcp::{
    ErrorData,
    handler::server::tool::IntoCallToolResult,
    model::{CallToolResponse, CallToolResult, ContentBlock},
};

use crate::tools::CONFIRMATION;

/// Why a tool did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ToolError {
    /// The model's turn: the memory is outside of the limits.
    #[error(transparent)]
    Memory(#[from] InvalidMemory),
    /// The model's turn: the query is.
    #[error(transparent)]
    Query(#[from] InvalidQuery),
    /// The model's turn: the person has no such memory. The same whether nobody or somebody else has it (RS-08).
    #[error("There is no memory with this id. Take an id from search_memory or list_memories.")]
    NoSuchMemory,
    /// The model's turn: the memory is a piece of nothing, or the person has none of this id.
    #[error("There is no document with this id, nor a piece of one. Leave out whole_document to delete one memory.")]
    NoSuchDocument,
    /// The person's turn.
    #[error(
        "Nothing is deleted yet. Ask the person, and tell them that nothing can be got back. If they say yes, call this \
         again with confirm set to \"{CONFIRMATION}\"."
    )]
    NotConfirmed,
    /// The client's turn: cursors are its business, not the model's.
    #[error("The cursor is none that list_memories gave. Leave it out to begin with the newest memories.")]
    InvalidCursor,
    /// The person's turn: the token outlived the account.
    #[error("The account was deleted. Nothing is kept for it any more; connect again with another one.")]
    Gone,
    /// Ours.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ToolError {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::AccountDeleted) { Self::Gone } else { Self::Store(error) }
    }
}

/// A model reads results, not protocol errors: so what it can put right is a result (TL-03).
impl IntoCallToolResult for ToolError {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        match self {
            Self::Memory(_)
            | Self::Query(_)
            | Self::NoSuchMemory
            | Self::NoSuchDocument
            | Self::NotConfirmed
            | Self::Gone => Ok(CallToolResult::error(vec![ContentBlock::text(self.to_string())]).into()),
            Self::InvalidCursor => Err(ErrorData::invalid_params(self.to_string(), None)),
            Self::Store(error) => {
                Failure::log(&error);
                Err(ErrorData::internal_error("", None))
            }
        }
    }
}
