//! Retry policy for conflicting transactions and partly processed batches: exponential backoff with jitter.
//!
//! The SDK's own retries do not fit. A partly processed batch is a successful response, and its remainder is
//! another request. For transactions, the SDK takes every retry from a token bucket that all clients of the process share, so it
//! stops retrying under the very contention that the retries are for, and its time-out covers all attempts together.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// Upper bound of the first delay. It doubles with each retry.
const INITIAL_DELAY: Duration = Duration::from_millis(25);
/// Retries without progress: less than two seconds of delay in total. A batch of which a part was processed begins anew.
const MAX_RETRIES: u32 = 6;

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
