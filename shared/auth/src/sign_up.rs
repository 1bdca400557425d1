//! The operator's choice of who can create an account.

use std::str::FromStr;

/// The path of the page that creates an account, if sign-up is open.
pub const PATH: &str = "/account/sign-up";

/// `SIGN_UP`: `open` if anyone may create an account, `closed` if users are invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUp {
    /// Anyone who can reach the server creates an account.
    Open,
    /// Users need a link from the operator.
    Closed,
}

/// The setting has another value.
#[derive(Debug, thiserror::Error)]
#[error("must be open or closed")]
pub struct InvalidSignUp;

impl FromStr for SignUp {
    type Err = InvalidSignUp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "open" => Ok(Self::Open),
            "closed" => Ok(Self::Closed),
            _ => Err(InvalidSignUp),
        }
    }
}
