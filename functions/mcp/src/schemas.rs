//! Arguments and results of the tools, except those of `search` and `fetch`. Models read the doc comments of the fields,
//! which become the descriptions of the JSON schemas.

mod added;
mod author;
mod context;
mod input;
mod number;
mod output;
mod portable;

pub(crate) use added::{AddedMemory, StoredDocument};
pub(crate) use author::Author;
pub(crate) use context::UserContext;
pub(crate) use input::{
    AddMemory, DeleteAll, DeleteMemory, ListMemories, NoArguments, OneMemory, SearchMemory, StoreDocument, UpdateMemory,
};
pub(crate) use output::{
    CallerInfo, DeletedMemory, FoundMemories, FoundMemoryResult, MemoryListPage, MemoryResult, RequestedDeletion,
    UpdatedMemory,
};
pub(crate) use portable::portable;
