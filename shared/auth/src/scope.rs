//! Scopes ([RFC 6749 §3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3)) and the memories they apply to.
//!
//! Each [`Scope`] adds a permission. [`Access`] is not a scope: it restricts every permission of a grant to the memories
//! that the client wrote itself.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Search and read memories.
    MemoryRead,
    /// Add, change and delete memories. Includes [`Scope::MemoryRead`].
    MemoryWrite,
    /// Stay connected: refresh tokens (OpenID Connect Core §11).
    OfflineAccess,
}

impl Scope {
    /// Every scope, in the order in which metadata and responses list them.
    pub const ALL: [Self; 3] = [Self::MemoryRead, Self::MemoryWrite, Self::OfflineAccess];
    /// The scopes of the MCP endpoint. `offline_access` concerns the authorization server only (RS-01).
    pub const OF_RESOURCE: [Self; 2] = [Self::MemoryRead, Self::MemoryWrite];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MemoryRead => "memory:read",
            Self::MemoryWrite => "memory:write",
            Self::OfflineAccess => "offline_access",
        }
    }
}

/// The memories that the scopes of a grant apply to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// All memories of the user.
    #[default]
    All,
    /// The memories that the client wrote, under any of its grants. The user chooses this on the consent page or later.
    Own,
}

/// The word in a stored scope that stands for [`Access::Own`].
const OWN: &str = "memory:own";

/// A set of scopes and the access they give, for example `memory:read memory:write offline_access`.
///
/// Stored grants, codes and access tokens carry [`Access::Own`] as the additional word `memory:own`, so that instances
/// of the previous release, which may still be warm during a deployment, restrict the grant too. When one of these is
/// read, an unknown word also restricts it to [`Access::Own`]: a later release may have added a restriction that this one
/// does not know.
///
/// ```
/// use jean_auth::scope::{Access, Scope, Scopes};
///
/// let scopes: Scopes = "openid memory:write".parse().unwrap();
/// assert!(scopes.allows(Scope::MemoryRead));
/// assert_eq!(scopes.to_string(), "memory:write");
/// assert_eq!(scopes.access(), Access::All);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scopes {
    scopes: BTreeSet<Scope>,
    access: Access,
}

impl Scopes {
    /// The default for a client that requests no scope: all of them.
    pub fn all() -> Self {
        Scope::ALL.into_iter().collect()
    }

    /// The scopes, with those of the MCP endpoint if there is none of them. A client that asks for `openid offline_access` could
    /// otherwise stay connected without any access.
    #[must_use]
    pub fn of_some_use(mut self) -> Self {
        if !Scope::OF_RESOURCE.into_iter().any(|scope| self.scopes.contains(&scope)) {
            self.scopes.extend(Scope::OF_RESOURCE);
        }
        self
    }

    /// The scopes of the MCP endpoint, [`Scope::OF_RESOURCE`].
    pub fn of_the_resource() -> Self {
        Scope::OF_RESOURCE.into_iter().collect()
    }

    /// `true` if `scope` is in the set or implied by one in the set.
    pub fn allows(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || (scope == Scope::MemoryRead && self.scopes.contains(&Scope::MemoryWrite))
    }

    /// The memories that the scopes apply to.
    pub fn access(&self) -> Access {
        self.access
    }

    /// The same scopes, restricted to the memories that the client wrote.
    #[must_use]
    pub fn own_only(self) -> Self {
        Self { access: Access::Own, ..self }
    }

    /// The same scopes without permission to write, which includes permission to read.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        if self.scopes.remove(&Scope::MemoryWrite) {
            self.scopes.insert(Scope::MemoryRead);
        }
        self
    }

    /// The intersection, or `None` if it is empty: a refresh and a user may narrow a grant and never widen it (RFC 6749
    /// §6, AS-14).
    pub fn narrowed_to(&self, other: &Self) -> Option<Self> {
        let both = |scope: &Scope| self.allows(*scope) && other.allows(*scope);
        let scopes: BTreeSet<_> = Scope::ALL.into_iter().filter(both).collect();
        let access = if self.access == Access::Own { self.access } else { other.access };
        (!scopes.is_empty()).then_some(Self { scopes, access })
    }

    /// The scopes, in the order of [`Scope::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.scopes.iter().copied()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self { scopes: scopes.into_iter().collect(), access: Access::All }
    }
}

/// Parses the `scope` parameter of a request. Unknown names such as `openid` are ignored, which RFC 6749 §3.3 permits and
/// real clients need.
impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let named = |scope: &Scope| text.split(' ').any(|name| name == scope.as_str());
        let scopes: BTreeSet<_> = Scope::ALL.into_iter().filter(named).collect();
        let access = if text.split(' ').any(|name| name == OWN) { Access::Own } else { Access::All };
        if scopes.is_empty() { Err(UnknownScope) } else { Ok(Self { scopes, access }) }
    }
}

/// Reads the scope of a stored record or an access token.
impl TryFrom<String> for Scopes {
    type Error = UnknownScope;

    fn try_from(text: String) -> Result<Self, UnknownScope> {
        let scopes: Self = text.parse()?;
        let is_known = |name: &str| Scope::ALL.iter().any(|scope| scope.as_str() == name);
        Ok(if text.split(' ').all(is_known) { scopes } else { scopes.own_only() })
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = (self.access == Access::Own).then_some(OWN);
        // `memory:own` stands where November's releases wrote it: before `offline_access`.
        let (offline, memory): (Vec<_>, Vec<_>) = self.iter().partition(|scope| *scope == Scope::OfflineAccess);
        let [offline, memory] = [offline, memory].map(|scopes| scopes.into_iter().map(Scope::as_str));
        f.write_str(&memory.chain(own).chain(offline).collect::<Vec<_>>().join(" "))
    }
}

/// None of the requested scopes is known to this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no known scope")]
pub struct UnknownScope;

#[cfg(test)]
mod tests {
    use super::*;

    /// RS-01
    #[test]
    fn resource_scopes_exclude_offline_access() {
        assert_eq!(String::from(Scopes::of_the_resource()), "memory:read memory:write");
        let all = Scopes::all();
        assert!(Scope::ALL.into_iter().all(|scope| all.allows(scope)));
    }

    #[test]
    fn write_implies_read() {
        let write: Scopes = "memory:write".parse().expect("known");
        assert!(write.allows(Scope::MemoryRead));
        let read: Scopes = "memory:read".parse().expect("known");
        assert!(!read.allows(Scope::MemoryWrite));
    }

    /// AS-14, T-24
    #[test]
    fn narrowing_never_widens() {
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

    /// AS-14
    #[test]
    fn read_only_scopes_are_never_more() {
        for (scopes, read_only) in [
            ("memory:read memory:write offline_access", "memory:read offline_access"),
            ("memory:write memory:own", "memory:read memory:own"),
            ("memory:read", "memory:read"),
            ("offline_access", "offline_access"),
        ] {
            assert_eq!(scopes.parse::<Scopes>().expect("known").read_only().to_string(), read_only);
        }
    }

    #[test]
    fn unknown_names_of_a_request_are_ignored() {
        let scopes: Scopes = "openid memory:read profile".parse().expect("one is known");
        assert_eq!(scopes.to_string(), "memory:read");
    }

    #[test]
    fn scope_without_a_known_name_is_rejected() {
        for text in ["", " ", "openid", "memory:own", "MEMORY:READ", "memory:read,memory:write"] {
            assert_eq!(text.parse::<Scopes>(), Err(UnknownScope), "{text:?}");
        }
    }

    #[test]
    fn access_is_stored_as_a_word_of_the_scope() {
        let own = Scopes::all().own_only();
        let stored = String::from(own.clone());
        assert_eq!(stored, "memory:read memory:write memory:own offline_access");
        assert_eq!(Scopes::try_from(stored), Ok(own));
    }

    #[test]
    fn unknown_word_of_a_stored_scope_restricts_it() {
        let read = |text: &str| Scopes::try_from(text.to_owned()).map(|scopes| scopes.access());
        assert_eq!(read("memory:read memory:write"), Ok(Access::All));
        assert_eq!(read("memory:read memory:today"), Ok(Access::Own));
        assert_eq!(read("memory:today"), Err(UnknownScope));
    }
}
