//! Items that may need maintenance after a write.

use jean_auth::user::UserId;

use super::{clearing::CLEARED, index::CHANGE, record::MEMORY};
use crate::table::OWNER;

/// The user to maintain after the item with these keys was written. `None` for items that need no maintenance, such as
/// those that maintenance writes itself. The filter of the stream in template.yaml has the same beginnings.
pub fn maintained_user(pk: &str, sk: &str) -> Option<UserId> {
    let is_maintained = [MEMORY, CHANGE, CLEARED].iter().any(|beginning| sk.starts_with(beginning));
    is_maintained.then(|| pk.strip_prefix(OWNER)?.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_writes_of_memories_changes_and_deletions_are_maintained() {
        let user = |sk: &str| maintained_user("USER#ada", sk).map(|user_id| user_id.to_string());
        for sk in ["MEMORY#01KAV7M2Q4R8S6T0V1W2X3Y4Z5", "INDEX#CHANGE#x", "INDEX#CLEARED#x"] {
            assert_eq!(user(sk).as_deref(), Some("ada"), "{sk}");
        }
        for sk in [
            "INDEX#MANIFEST",
            "INDEX#DRAFT#x",
            "SEGMENT#x#0",
            "TEXT#x",
            "HISTORY#x",
            "TRASH#x",
            "CALLS",
            "USAGE#x#2026-12-01",
            "~GONE",
            "",
        ] {
            assert_eq!(user(sk), None, "{sk}");
        }
        assert_eq!(maintained_user("CONNECT", "MEMORY#x"), None);
        assert_eq!(maintained_user("USER#", "MEMORY#x"), None);
    }
}
