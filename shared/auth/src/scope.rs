//! What a token may do (RFC 6749 §3.3).

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Search and read memories.
    MemoryRead,
    /// Add, change and delete memories. Includes reading.
    MemoryWrite,
    /// Nothing by itself: what else is allowed is so for what this client wrote, and for nothing else. A person adds it.
    MemoryOwn,
    /// Stay connected: refresh tokens (OpenID Connect Core §11).
    OfflineAccess,
}

impl Scope {
    /// All that allow something, in the order they are advertised.
    pub const ALL: [Self; 3] = [Self::MemoryRead, Self::MemoryWrite, Self::OfflineAccess];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MemoryRead => "memory:read",
            Self::MemoryWrite => "memory:write",
            Self::MemoryOwn => "memory:own",
            Self::OfflineAccess => "offline_access",
        }
    }
}

/// A set of scopes, written in one order whatever the order it was asked for in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// What a client gets that asks for nothing in particular: all that can be allowed.
    pub fn all() -> Self {
        Self(Scope::ALL.into())
    }

    /// What the MCP endpoint is about: all but `offline_access`, which concerns the authorization server alone (RS-01).
    pub fn of_the_resource() -> Self {
        Self([Scope::MemoryRead, Scope::MemoryWrite].into())
    }

    /// Whether `scope` is in it, or included by what is in it.
    pub fn allows(&self, scope: Scope) -> bool {
        self.0.contains(&scope) || (scope == Scope::MemoryRead && self.0.contains(&Scope::MemoryWrite))
    }

    /// Whether it is about what the client itself wrote, and nothing else.
    pub fn is_own_only(&self) -> bool {
        self.0.contains(&Scope::MemoryOwn)
    }

    /// The same, about what the client itself wrote, and nothing else.
    #[must_use]
    pub fn own_only(mut self) -> Self {
        self.0.insert(Scope::MemoryOwn);
        self
    }

    /// What both allow: a refresh and a person may narrow, never widen (RFC 6749 §6). None, if that is nothing.
    pub fn narrowed_to(&self, other: &Self) -> Option<Self> {
        let both: Self = Scope::ALL.into_iter().filter(|scope| self.allows(*scope) && other.allows(*scope)).collect();
        let own_only = self.is_own_only() || other.is_own_only();
        (both != Self::default()).then(|| if own_only { both.own_only() } else { both })
    }

    /// The scopes, in order.
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

/// Reads a scope parameter. Names of other worlds (`openid`, `profile`) are left out, as RFC 6749 §3.3 allows and real
/// clients need; a list of nothing but such names is refused.
impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let names = || text.split(' ');
        let known: Self =
            names().filter_map(|name| Scope::ALL.into_iter().find(|scope| scope.as_str() == name)).collect();
        let own_only = names().any(|name| name == Scope::MemoryOwn.as_str());
        match known {
            nothing if nothing == Self::default() => Err(UnknownScope),
            known if own_only => Ok(known.own_only()),
            known => Ok(known),
        }
    }
}

impl TryFrom<String> for Scopes {
    type Error = UnknownScope;

    fn try_from(text: String) -> Result<Self, UnknownScope> {
        text.parse()
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Scope::as_str).collect();
        f.write_str(&names.join(" "))
    }
}

/// None of the names is one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("none of the scopes is known")]
pub struct UnknownScope;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_have_what_they_are_named_after_rs01() {
        assert_eq!(String::from(Scopes::of_the_resource()), "memory:read memory:write");
        let all = Scopes::all();
        assert!(Scope::ALL.into_iter().all(|scope| all.allows(scope)));
    }

    #[test]
    fn writing_includes_reading() {
        let write: Scopes = "memory:write".parse().expect("known");
        assert!(write.allows(Scope::MemoryRead));
        let read: Scopes = "memory:read".parse().expect("known");
        assert!(!read.allows(Scope::MemoryWrite));
    }

    #[test]
    fn what_is_narrowed_is_never_wider_than_either_as14() {
        for (granted, asked, both) in [
            ("memory:read memory:write offline_access", "memory:read", Some("memory:read")),
            (
                "memory:read offline_access",
                "memory:read memory:write offline_access",
                Some("memory:read offline_access"),
            ),
            ("memory:read", "memory:write", Some("memory:read")),
            ("memory:write", "memory:read", Some("memory:read")),
            ("offline_access", "memory:read memory:write", None),
            ("memory:write memory:own", "memory:read memory:write", Some("memory:read memory:write memory:own")),
            ("memory:read", "memory:write memory:own", Some("memory:read memory:own")),
        ] {
            let [granted, asked] = [granted, asked].map(|text| text.parse::<Scopes>().expect("known"));
            assert_eq!(granted.narrowed_to(&asked).map(String::from).as_deref(), both, "{granted} to {asked}");
            assert_eq!(asked.narrowed_to(&granted), granted.narrowed_to(&asked));
        }
    }

    #[test]
    fn names_of_other_worlds_are_left_out() {
        let scopes: Scopes = "openid memory:read profile".parse().expect("one is known");
        assert_eq!(scopes.to_string(), "memory:read");
    }

    #[test]
    fn a_list_of_nothing_known_is_refused() {
        for text in ["", " ", "openid", "memory:own", "MEMORY:READ", "memory:read,memory:write"] {
            assert_eq!(text.parse::<Scopes>(), Err(UnknownScope), "{text:?}");
        }
    }
}
