//! Work at the end of an instance.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

type Hook = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// The work that a function does before its instance ends, if it runs with
/// [`run_with_shutdown`](crate::lambda::run_with_shutdown). Clones share it.
///
/// Lambda gives an instance half a second, and none if it crashes or runs out of memory or time, so nothing may depend on
/// this work.
#[derive(Clone, Default)]
pub struct Shutdown(Arc<Mutex<Vec<Hook>>>);

impl Shutdown {
    /// Adds work.
    pub fn add<F: Future<Output = ()> + Send + 'static>(&self, work: impl FnOnce() -> F + Send + 'static) {
        self.hooks().push(Box::new(move || Box::pin(work())));
    }

    /// Does the work added since the last call.
    pub async fn run(&self) {
        let hooks = std::mem::take(&mut *self.hooks());
        for hook in hooks {
            hook().await;
        }
    }

    /// A poisoned lock is entered: no operation panics while it changes the list.
    fn hooks(&self) -> std::sync::MutexGuard<'_, Vec<Hook>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shutdown")
    }
}
