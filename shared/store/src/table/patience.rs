//! How often something is tried that others are in the way of.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

/// The longest of the first wait; each next one is up to twice as long.
const FIRST: Duration = Duration::from_millis(25);
/// With these, somebody waits for less than two seconds in all: an answer is due in ten.
const WAITS: u32 = 6;

/// The waits between the attempts of one request.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    waited: u32,
}

impl Patience {
    /// Waits before `request` is tried again. Whether it is to be.
    pub(crate) async fn wait(&mut self, request: &impl fmt::Debug) -> bool {
        if self.waited == WAITS {
            return false;
        }
        // Two requests that are in each other's way differ in what they write, and so do their waits: they do not meet
        // again and again.
        let mut written = format!("{request:?}").into_bytes();
        // Maps show what they have in any order.
        written.sort_unstable();
        let mut hasher = DefaultHasher::new();
        (written, self.waited).hash(&mut hasher);
        let share = (hasher.finish() % 256) as u32;
        let longest = FIRST * 2u32.pow(self.waited);
        self.waited += 1;
        tokio::time::sleep(longest / 2 + longest * share / 512).await;
        true
    }
}
