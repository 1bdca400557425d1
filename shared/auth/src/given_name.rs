//! The name that a user gives a connected app, such as "Claude on my phone". Clients do not learn it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::shown_name::{self, shown_name};

/// A name in the user's own words, without invisible characters and of at most 40 characters (TO-05). Pages isolate it like
/// every other typed text.
///
/// ```
/// use jean_auth::given_name::GivenName;
///
/// let name = GivenName::new("  Claude\u{202e} on my \u{200b}phone ").unwrap();
/// assert_eq!(name.as_str(), "Claude on my phone");
/// assert_eq!(GivenName::new(" \u{feff}"), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GivenName(String);

impl GivenName {
    /// The maximum number of user-perceived characters. Longer names are truncated.
    pub const MAX_CHARACTERS: usize = shown_name::CHARACTERS;

    /// Cleans a typed name. `None` if nothing is left.
    pub fn new(typed: &str) -> Option<Self> {
        shown_name(typed).map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GivenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
