//! The requests of the flow.

use super::providers::ProviderRequest;

/// A request of the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Discover,
    Register,
    SignInPage,
    SignIn,
    WrongPassword,
    ConsentPage,
    Consent,
    Exchange,
    Refresh,
    Revoke,
    Tool(&'static str),
    LegacyEndpoint,
    SignOut,
    PasswordPage,
    Password,
    FirstPassword,
    /// A request of the sign-in with identity providers.
    Provider(ProviderRequest),
    /// The account page at this path.
    OwnPage(&'static str),
    /// The account form at this path.
    OwnForm(&'static str),
}

pub(super) const CONNECTING: [Step; 10] = [
    Step::Discover,
    Step::Register,
    Step::SignInPage,
    Step::SignIn,
    Step::WrongPassword,
    Step::ConsentPage,
    Step::Consent,
    Step::Exchange,
    Step::Refresh,
    Step::Revoke,
];

pub(super) const CONNECTED: [Step; 13] = [
    Step::Tool("add_memory"),
    Step::Tool("context"),
    Step::Tool("search_memory"),
    Step::Tool("list_memories"),
    Step::Tool("get_memory"),
    Step::Tool("update_memory"),
    Step::Tool("delete_memory"),
    Step::Tool("delete_all_memories"),
    Step::Tool("whoami"),
    Step::Tool("search"),
    Step::Tool("fetch"),
    Step::LegacyEndpoint,
    Step::Tool("store_document"),
];

pub(super) const ACCOUNT: [Step; 4] = [Step::SignOut, Step::PasswordPage, Step::Password, Step::FirstPassword];
