//! The input of an examination.

use std::time::Duration;

use jean_auth::user::Email;
use jean_runtime::{Clock, Random};
use zeroize::Zeroizing;

use super::target::Target;

/// The time for which Claude waits for discovery, registration, a token and the first response of the endpoint.
pub const BUDGET: Duration = Duration::from_secs(10);

/// A server to examine, and the means for it.
pub struct Examination {
    /// The server.
    pub target: Target,
    /// An account of the server. Without one, the checks that need a sign-in are skipped.
    pub account: Option<Account>,
    /// Certificates trusted in addition to those of this computer.
    pub trust: Trust,
    /// The time a step may take.
    pub budget: Duration,
    /// The clock that the server's clock is compared with.
    pub clock: Clock,
    /// The source of PKCE verifiers and states.
    pub random: Random,
}

/// Credentials of an account of the server.
#[derive(Clone)]
pub struct Account {
    /// Its email address.
    pub email: Email,
    /// Its password.
    pub password: Zeroizing<String>,
}

/// Certificates (PEM) trusted in addition to those of this computer.
#[derive(Debug, Clone, Default)]
pub struct Trust(pub Option<Vec<u8>>);
