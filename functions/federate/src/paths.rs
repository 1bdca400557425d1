//! The paths of the account pages here.

/// The page of linked accounts.
pub(crate) const LINKED_ACCOUNTS: &str = "/account/identities";
