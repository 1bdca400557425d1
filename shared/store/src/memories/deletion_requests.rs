//! Requests of apps to delete all memories, which wait until the user confirms or refuses them.
//!
//! There is one request for each grant or API key. A newer one replaces it, and the user confirms exactly the request that
//! was shown. Confirmation replaces the request by the mark of [`clearing`](super::clearing) in one transaction, so it takes
//! effect once.

use jean_auth::{client::ClientId, user::UserId};
use jean_memory::{AccessScope, MemoryId, Writer};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    clearing::{CLEARED, Cleared, ClearedMark},
    opstamp::Opstamp,
    reading::{Memories, item_key},
    trash::MemoryDeletion,
};
use crate::table::{Condition, Expiring, StoreError, Written, expiring_item, item, owner, text};

/// The days for which a request waits.
pub const REQUEST_DAYS: i64 = 7;
const LIFETIME: SignedDuration = SignedDuration::from_hours(REQUEST_DAYS * 24);
const REQUEST: &str = "REQUEST#";

/// A request to delete all memories in a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionRequest {
    /// Identifies the request, and has its time.
    pub stamp: Opstamp,
    /// The last memory to delete. Later ones stay.
    last: MemoryId,
    /// Limits the deletion to the memories of this client; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<ClientId>,
    /// The author of the request.
    pub by: Writer,
    /// The number of memories at the time of the request.
    pub memories: usize,
}

impl Expiring for DeletionRequest {
    fn expires_at(&self) -> Timestamp {
        self.expires_at()
    }
}

impl DeletionRequest {
    /// The time from which the request cannot be confirmed.
    pub fn expires_at(&self) -> Timestamp {
        self.stamp.created_at().saturating_add(LIFETIME).unwrap_or(Timestamp::MAX)
    }

    /// `true` if only memories of the requesting client are to be deleted.
    pub fn is_limited(&self) -> bool {
        self.client_id.is_some()
    }

    fn sort_key(&self) -> String {
        format!("{REQUEST}{}", self.by.credential.id())
    }

    fn is_unchanged(&self) -> Condition {
        Condition::of("#stamp = :stamp").name("#stamp", "stamp").value(":stamp", text(&self.stamp.to_string()))
    }
}

impl Memories {
    /// Requests the deletion of all memories in the scope. Returns `None` if there are none. `counted` is their number, if it
    /// is known; otherwise all memories are read.
    pub async fn request_deletion(
        &self,
        scope: &AccessScope,
        deletion: MemoryDeletion<'_>,
        counted: Option<usize>,
    ) -> Result<Option<DeletionRequest>, StoreError> {
        let (user_id, stamp) = (scope.user_id(), deletion.stamp);
        let before = self.cleared(user_id).await?;
        // The last that exists, not the last of this moment: the clock of another writer may be behind.
        let Some(newest) = self.newest(user_id).await? else { return Ok(None) };
        let last = newest.min(MemoryId::new(stamp.created_at(), [u8::MAX; 10]));
        let memories = match counted.filter(|memories| *memories > 0) {
            Some(memories) => memories,
            None => self.count_until(scope, &before, last).await?,
        };
        if memories == 0 {
            return Ok(None);
        }
        let client_id = scope.client_id().cloned();
        let request = DeletionRequest { stamp, last, client_id, by: deletion.by.clone(), memories };
        let item = expiring_item(&owner(user_id), &request.sort_key(), &request)?;
        let key = item_key(&item);
        self.0.put_each(vec![item]).await?;
        self.unless_deleted(&owner(user_id), vec![key]).await?;
        Ok(Some(request))
    }

    /// Reads and counts the memories in the scope up to `last`.
    async fn count_until(&self, scope: &AccessScope, before: &Cleared, last: MemoryId) -> Result<usize, StoreError> {
        let (mut memories, mut after) = (0, before.through());
        loop {
            let (page, has_more) = self.after(scope.user_id(), after, usize::MAX).await?;
            let in_scope = page.iter().filter(|memory| memory.id <= last && scope.includes(memory));
            memories += in_scope.filter(|memory| !before.hides(memory)).count();
            after = page.last().map(|memory| memory.id);
            if !has_more || after > Some(last) {
                return Ok(memories);
            }
        }
    }

    /// Returns the requests of the user that have not expired, the latest first.
    pub async fn deletion_requests(
        &self,
        user_id: &UserId,
        now: Timestamp,
    ) -> Result<Vec<DeletionRequest>, StoreError> {
        let mut requests: Vec<DeletionRequest> = self.0.all_current(&owner(user_id), REQUEST, now).await?;
        requests.sort_by_key(|request| std::cmp::Reverse(request.stamp));
        Ok(requests)
    }

    /// Confirms a request: hides the memories that existed when it was made. [`purge`](Self::purge) moves them to the trash.
    /// `stamp` identifies the deletion. Returns `false` if the request is no longer pending.
    pub async fn confirm_deletion(
        &self,
        user_id: &UserId,
        request: &DeletionRequest,
        stamp: Opstamp,
    ) -> Result<bool, StoreError> {
        let pk = owner(user_id);
        let DeletionRequest { last, client_id, by, .. } = request.clone();
        let mark = ClearedMark { stamp, last, client_id, by: Some(by) };
        let writes = vec![
            self.0.removal_if(&pk, &request.sort_key(), request.is_unchanged()),
            self.0.put(item(&pk, &format!("{CLEARED}{stamp}"), &mark)?),
        ];
        Ok(self.0.transact(writes).await? == Written::Yes)
    }

    /// Deletes a request. Returns `false` if it is no longer pending.
    pub async fn refuse_deletion(&self, user_id: &UserId, request: &DeletionRequest) -> Result<bool, StoreError> {
        let removal = self.0.removal_if(&owner(user_id), &request.sort_key(), request.is_unchanged());
        Ok(self.0.transact(vec![removal]).await? == Written::Yes)
    }
}
