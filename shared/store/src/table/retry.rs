//! Retry policy for conflicting changes and transactions, and for partly processed batches: exponential backoff with jitter.
//!
//! The SDK's own retries do not fit. A partly processed batch is a successful response, and its remainder is
//! another request. For transactions, the SDK takes every retry from a token bucket that all clients of the process share, so it
//! stops retrying under the very contention that the retries are for, and its time-out covers all attempts together.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use super::StoreError;

/// Upper bound of the first delay. It doubles with each retry.
const INITIAL_DELAY: Duration = Duration::from_millis(25);
/// Retries without progress: less than two seconds of delay in total. A batch of which a part was processed begins anew.
const MAX_RETRIES: u32 = 6;

/// Attempts of a change that concurrent requests are in the way of.
const MAX_ATTEMPTS: u32 = 8;

/// The delays between the attempts of one request.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    retries: u32,
}

impl Backoff {
    /// Waits before the next attempt. Returns `false` without waiting once all retries are used up.
    ///
    /// The delay is at least half of its upper bound. The jitter keeps two requests that conflicted from meeting again; it
    /// needs no secrecy, so it comes from the generator that the SDK uses for its own, which tests can seed.
    pub(crate) async fn wait(&mut self) -> bool {
        if self.retries == MAX_RETRIES {
            return false;
        }
        let longest = INITIAL_DELAY * 2u32.pow(self.retries);
        self.retries += 1;
        tokio::time::sleep(longest.mul_f64(fastrand::f64().midpoint(1.0))).await;
        true
    }
}

/// The attempts of a change that depends on what it has read: if a concurrent request has changed that before the write, the
/// change begins again with another read.
#[derive(Debug)]
pub(crate) struct Attempts {
    left: u32,
    backoff: Backoff,
    contention: &'static str,
}

impl Attempts {
    /// The attempts of one change. `contention` names the conflict that remains after the last.
    pub(crate) fn new(contention: &'static str) -> Self {
        Self { left: MAX_ATTEMPTS - 1, backoff: Backoff::default(), contention }
    }

    /// Begins another attempt at once: the last one has told what is in its way.
    ///
    /// # Errors
    /// [`StoreError::Contention`] after the last attempt. Nothing was written.
    pub(crate) fn again(&mut self) -> Result<(), StoreError> {
        self.left = self.left.checked_sub(1).ok_or(StoreError::Contention(self.contention))?;
        Ok(())
    }

    /// Begins another attempt after a delay: a concurrent request was faster, and may write again.
    ///
    /// # Errors
    /// As [`Self::again`].
    pub(crate) async fn after_conflict(&mut self) -> Result<(), StoreError> {
        self.again()?;
        if self.backoff.wait().await { Ok(()) } else { Err(StoreError::Contention(self.contention)) }
    }
}

/// `true` for a rejected request that may succeed later: it met a transaction on the same item, or the table or its
/// partition is throttled. The SDK retries throttling, but only twice, and a conflict never.
pub(crate) fn is_passing<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    matches!(
        error.code(),
        Some(
            "TransactionConflictException"
                | "ThrottlingException"
                | "ProvisionedThroughputExceededException"
                | "RequestLimitExceeded"
        )
    )
}
