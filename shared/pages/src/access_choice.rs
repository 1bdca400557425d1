//! The access that a user gives to an app or an API key.

use std::str::FromStr;

use jean_auth::scope::{Access, Scope, Scopes};

use crate::Texts;

/// The access to the user's memories, as the pages offer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessChoice {
    /// All memories, to read and write.
    All,
    /// All memories, to read only.
    Read,
    /// The memories that the app writes itself.
    Own,
}

impl AccessChoice {
    /// The choices, in the order in which the pages list them.
    pub const ALL: [Self; 3] = [Self::All, Self::Read, Self::Own];

    /// The choice that these scopes amount to.
    pub fn of(scopes: &Scopes) -> Self {
        match (scopes.access(), scopes.allows(Scope::MemoryWrite)) {
            (Access::Own, _) => Self::Own,
            (Access::All, true) => Self::All,
            (Access::All, false) => Self::Read,
        }
    }

    /// The part of `scopes` that the choice leaves, never more than them (T-11).
    pub fn of_these(self, scopes: Scopes) -> Scopes {
        match self {
            Self::All => scopes,
            Self::Read => scopes.read_only(),
            Self::Own => scopes.own_only(),
        }
    }

    /// The value of the form field `access`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Read => "read",
            Self::Own => "own",
        }
    }

    /// Its name.
    pub fn name(self, texts: Texts) -> &'static str {
        match self {
            Self::All => texts.access_all_name(),
            Self::Read => texts.access_read_name(),
            Self::Own => texts.access_own_name(),
        }
    }

    /// The description below its name.
    pub fn description(self, texts: Texts) -> &'static str {
        match self {
            Self::All => texts.consent_read_write(),
            Self::Read => texts.consent_read(),
            Self::Own => texts.consent_own_only(),
        }
    }
}

impl FromStr for AccessChoice {
    type Err = UnknownChoice;

    fn from_str(value: &str) -> Result<Self, UnknownChoice> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == value).ok_or(UnknownChoice)
    }
}

/// A value of the form field `access` that no page offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such access")]
pub struct UnknownChoice;

#[cfg(test)]
mod tests {
    use super::*;

    /// T-11
    #[test]
    fn choice_is_the_one_that_its_scopes_amount_to() {
        for choice in AccessChoice::ALL {
            assert_eq!(AccessChoice::of(&choice.of_these(Scopes::all())), choice);
            assert_eq!(choice.as_str().parse(), Ok(choice));
            let read_only = choice.of_these(Scopes::all().read_only());
            assert!(!read_only.allows(Scope::MemoryWrite), "{choice:?}");
        }
    }
}
