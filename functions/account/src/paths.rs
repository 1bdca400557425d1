//! The paths of the account pages.

use jean_auth::{grant::GrantId, user::UserId};
use jean_memory::MemoryId;

pub(crate) const OVERVIEW: &str = "/account";
pub(crate) const NOTIFICATIONS: &str = "/account/notices";
pub(crate) const MEMORIES: &str = "/account/memories";
pub(crate) const TRASH: &str = "/account/trash";
pub(crate) const DATA: &str = "/account/data";
/// The first part of an export that does not fit into one file.
pub(crate) const DATA_PARTS: &str = "/account/data?part=1";
pub(crate) const SECURITY: &str = "/account/security";
pub(crate) const API_KEYS: &str = "/account/keys";
pub(crate) const USERS: &str = "/account/users";
pub(crate) const DELETE: &str = "/account/delete";

/// The page of a connected app.
pub(crate) fn connection(grant_id: &GrantId) -> String {
    format!("/account/connections/{grant_id}")
}

/// The page of a user, for owners.
pub(crate) fn user(user_id: &UserId) -> String {
    format!("{USERS}/{user_id}")
}

/// The list of users after this one.
pub(crate) fn users_after(user_id: &UserId) -> String {
    format!("{USERS}?after={user_id}")
}

/// The list of memories with these query parameters.
pub(crate) fn memories(parameters: &[(&str, String)]) -> String {
    if parameters.is_empty() {
        return MEMORIES.into();
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{MEMORIES}?{query}")
}

/// The list of memories with this tag.
pub(crate) fn with_tag(tag: &str) -> String {
    memories(&[("tag", tag.into())])
}

/// The page of a document with all its parts.
pub(crate) fn document(id: MemoryId) -> String {
    format!("{MEMORIES}/{id}?{DOCUMENT}={WHOLE}")
}

/// The query parameter that shows the document of a memory.
pub(crate) const DOCUMENT: &str = "document";
/// Its value.
pub(crate) const WHOLE: &str = "whole";

/// The page of a memory.
pub(crate) fn memory(id: MemoryId) -> String {
    format!("{MEMORIES}/{id}")
}
