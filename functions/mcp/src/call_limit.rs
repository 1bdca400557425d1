//! How many calls a person may make in a minute (TL-04).
//!
//! The limit is for all instances together, and still a person who stays well below it costs no write. Each instance
//! counts for itself, and tells the store only every tenth of the limit; what it learns there is how many calls all have
//! told. So an instance never lets through more than a tenth of the limit that the others have not heard of, and the
//! limit is exceeded by at most that, once for each instance. An instance that knows that the limit is reached refuses
//! without asking the store.
//!
//! A call is a request whose sender is known, and in a batch each of its messages: nobody can use up somebody else's
//! calls, and who has no good token is told so before anything is counted (T-28).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jean_auth::user::UserId;
use jean_runtime::{Clock, Environment, StartError};
use jean_store::rate_limits::{Minute, RateLimits};
use jiff::Timestamp;

/// Below this a client could not so much as connect and list the tools a few times over.
const LOWEST: u32 = 10;
const DEFAULT: u32 = 600;
/// How many people one instance counts at a time: a megabyte or so. More than that call it in a minute only if somebody
/// wants the counts to grow.
const MOST_PEOPLE: usize = 10_000;

/// The limit, and what this instance knows of the calls in the present minute. Clones know the same.
#[derive(Debug, Clone)]
pub(crate) struct CallLimit {
    calls: RateLimits,
    per_minute: u32,
    clock: Clock,
    known: Arc<Mutex<Known>>,
}

/// The limit is reached: how long until the next minute begins, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) wait: u32,
}

impl CallLimit {
    /// Reads the setting, `REQUESTS_PER_MINUTE`.
    pub(crate) fn new(calls: RateLimits, environment: &Environment, clock: Clock) -> Result<Self, StartError> {
        const NAME: &str = "REQUESTS_PER_MINUTE";
        let per_minute = environment.parse_or(NAME, DEFAULT)?;
        if per_minute < LOWEST {
            return Err(StartError::Invalid(NAME, format!("it must be at least {LOWEST}")));
        }
        let known = Arc::new(Mutex::new(Known { minute: Minute::of(clock.now()), people: HashMap::new() }));
        Ok(Self { calls, per_minute, clock, known })
    }

    /// Counts `calls` of a person, unless they are more than the minute has left. A store that can't be reached does not
    /// keep anybody from calling: this instance's own count still holds, and what it could not tell it tells later.
    pub(crate) async fn count(&self, user_id: &UserId, calls: u32) -> Result<(), Reached> {
        let now = self.clock.now();
        let (minute, reached) = (Minute::of(now), Reached { wait: seconds_left(now) });
        let limit = self.per_minute;
        let Some(untold) = self.known(minute, |known| known.of(user_id).take(calls, limit)).map_err(|Full| reached)?
        else {
            return Ok(());
        };
        match self.calls.count(user_id, minute, untold).await {
            Ok(total) => {
                let total = self.known(minute, |known| known.of(user_id).learn(total));
                if total > limit { Err(reached) } else { Ok(()) }
            }
            Err(error) => {
                tracing::warn!(%error, "calls could not be counted");
                self.known(minute, |known| known.of(user_id).take_back(untold));
                Ok(())
            }
        }
    }

    /// What is known of a minute. What was known of another is of no use any more.
    fn known<T>(&self, minute: Minute, with: impl FnOnce(&mut Known) -> T) -> T {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.minute != minute {
            *known = Known { minute, people: HashMap::new() };
        }
        with(&mut known)
    }
}

fn seconds_left(now: Timestamp) -> u32 {
    (60 - now.as_second().rem_euclid(60)).try_into().unwrap_or(60)
}

/// What an instance knows of the calls in one minute.
#[derive(Debug)]
struct Known {
    minute: Minute,
    people: HashMap<UserId, Count>,
}

impl Known {
    fn of(&mut self, user_id: &UserId) -> &mut Count {
        if self.people.len() >= MOST_PEOPLE && !self.people.contains_key(user_id) {
            self.people.clear();
        }
        self.people.entry(user_id.clone()).or_default()
    }
}

/// The calls of one person: those the store was told of, as far as is known, and those it was not.
#[derive(Debug, Default)]
struct Count {
    told: u32,
    untold: u32,
}

/// The minute has not as many calls left.
#[derive(Debug, PartialEq, Eq)]
struct Full;

impl Count {
    /// Counts `calls`, if there are as many left. What the store is to be told of now, once it is a tenth of the limit.
    fn take(&mut self, calls: u32, limit: u32) -> Result<Option<u32>, Full> {
        if self.told.saturating_add(self.untold).saturating_add(calls) > limit {
            return Err(Full);
        }
        self.untold += calls;
        if self.untold < limit / 10 {
            return Ok(None);
        }
        let untold = std::mem::take(&mut self.untold);
        self.told += untold;
        Ok(Some(untold))
    }

    /// The store says how many calls it knows of. Of two answers the higher one is the later.
    fn learn(&mut self, total: u32) -> u32 {
        self.told = self.told.max(total);
        self.told
    }

    /// The store could not be told.
    fn take_back(&mut self, untold: u32) {
        self.told = self.told.saturating_sub(untold);
        self.untold += untold;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_by_itself_lets_through_the_limit_and_tells_the_store_ten_times_tl04() {
        let (mut count, mut told) = (Count::default(), Vec::new());
        for call in 1..=600 {
            let untold = count.take(1, 600).expect("one is left");
            assert_eq!(untold, (call % 60 == 0).then_some(60), "{call}");
            told.extend(untold);
        }
        assert_eq!((told.len(), count.take(1, 600)), (10, Err(Full)));
    }

    #[test]
    fn many_instances_together_exceed_the_limit_by_less_than_a_tenth_of_it_each_tl04() {
        for instances in [1, 2, 7, 40] {
            let (mut counts, mut store, mut made) = (Vec::from_iter((0..instances).map(|_| Count::default())), 0, 0);
            for turn in 0..2_000 {
                let count = &mut counts[turn % instances];
                match count.take(1, 100) {
                    Err(Full) => {}
                    Ok(None) => made += 1,
                    Ok(Some(untold)) => {
                        store += untold;
                        made += u32::from(count.learn(store) <= 100);
                    }
                }
            }
            assert!((100..=100 + 9 * instances as u32).contains(&made), "{made} by {instances}");
        }
    }

    #[test]
    fn a_batch_is_counted_whole_or_not_at_all_tl04() {
        let mut count = Count::default();
        assert_eq!(count.take(50, 100), Ok(Some(50)));
        assert_eq!(count.take(51, 100), Err(Full));
        assert_eq!(count.take(50, 100), Ok(Some(50)));
    }

    #[test]
    fn what_the_store_could_not_be_told_is_told_later_and_counts_meanwhile_tl04() {
        let mut count = Count::default();
        assert_eq!(count.take(10, 100), Ok(Some(10)));
        count.take_back(10);
        assert_eq!(count.take(1, 100), Ok(Some(11)));
        count.take_back(11);
        assert_eq!(count.take(90, 100), Err(Full));
    }

    #[test]
    fn the_wait_is_until_the_next_minute_begins() {
        for (second, wait) in [(0, 60), (1, 59), (59, 1), (60, 60)] {
            assert_eq!(seconds_left(Timestamp::from_second(second).expect("in range")), wait);
        }
    }

    #[test]
    fn the_counts_of_one_instance_have_an_end_t13() {
        let mut known = Known { minute: Minute::of(Timestamp::UNIX_EPOCH), people: HashMap::new() };
        for person in 0..=MOST_PEOPLE {
            known.of(&format!("person-{person}").parse().expect("valid"));
        }
        assert!(known.people.len() <= MOST_PEOPLE);
    }
}
