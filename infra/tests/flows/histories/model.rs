//! What a history of codes and refresh tokens may look like, whatever the store did meanwhile.
//!
//! A history is what clients saw: what each asked, when, and what it was answered. Of the server nothing is known but
//! its rules, which are these.
//!
//! 1. **A code gives at most one grant** (AS-10): of all requests that show it, at most one gets tokens.
//! 2. **Nobody who behaves is logged out** (AS-11): a client that shows a refresh token of its own, which it has not shown
//!    for the first time longer ago than the grace, gets tokens, or is told that the server failed. Unless the grant has
//!    ended or may be about to: because it was given back, its code was shown again, or a replaced token was.
//! 3. **What has ended stays ended** (AS-18, AS-23): once an end of a grant has been answered, whatever is asked with its
//!    tokens later gets none; and no access token lives longer than its own hour.
//! 4. **Reuse after the grace ends exactly that grant** (AS-11, T-30): a token whose successor was in its client's hands
//!    longer ago than the grace gets nothing. Once that has been answered, the grant has ended; and as rule 2 knows no
//!    grant but the one whose token it was, no other may have.
//!
//! A failure of the server (5xx) says nothing about what was done: both are allowed for. A code whose exchange failed may
//! have been used up by it, so a second exchange may be refused and end the grant that nobody got to know.

use std::{collections::BTreeMap, time::Duration};

/// How long a replaced token still gets a pair. The store keeps whole seconds, so a second is nobody's.
pub(crate) const GRACE: Duration = Duration::from_secs(120);
const SECOND: Duration = Duration::from_secs(1);
const ACCESS_TOKEN: Duration = Duration::from_secs(3600);

/// One request and its answer. Times are since the history began.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    /// Whether it was the client that the code was issued to, with all it needs.
    pub(crate) entitled: bool,
    pub(crate) asked: Asked,
    pub(crate) invoked: Duration,
    pub(crate) returned: Duration,
    pub(crate) answer: Answer,
}

#[derive(Debug, Clone)]
pub(crate) enum Asked {
    /// Tokens for a code.
    Exchange { code: String },
    /// The next tokens for a refresh token.
    Refresh { token: String },
    /// An end to the grant of a refresh token.
    Revoke { token: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A pair of tokens, and the grant they name.
    Tokens { grant: String, refresh_token: String, access_token_ends: Duration },
    /// 200 without tokens: of a revocation.
    Done,
    /// 4xx.
    Refused,
    /// 5xx.
    Failed,
}

/// What is known of a grant.
#[derive(Debug, Default)]
struct Known {
    /// When something was first asked that may end it.
    threatened: Option<Duration>,
    /// When an end was first answered.
    ended: Option<Duration>,
}

/// Checks a history. What is wrong with it, if something is.
pub(crate) fn check(history: &[Event]) -> Result<(), String> {
    let view = View::of(history);
    for event in history {
        view.check(event).map_err(|rule| format!("{rule}: {event:?}"))?;
    }
    Ok(())
}

struct View<'a> {
    history: &'a [Event],
    /// The grant of each refresh token anybody was given.
    grant_of: BTreeMap<&'a str, &'a str>,
    /// The grant each code was exchanged for, and the request that got it.
    exchanged: BTreeMap<&'a str, (&'a str, &'a Event)>,
    grants: BTreeMap<&'a str, Known>,
}

impl<'a> View<'a> {
    fn of(history: &'a [Event]) -> Self {
        let mut view = Self { history, grant_of: BTreeMap::new(), exchanged: BTreeMap::new(), grants: BTreeMap::new() };
        for event in history {
            if let Answer::Tokens { grant, refresh_token, .. } = &event.answer {
                view.grant_of.insert(refresh_token, grant);
                if let Asked::Exchange { code } = &event.asked {
                    view.exchanged.entry(code).or_insert((grant, event));
                }
            }
        }
        for event in history.iter().filter(|event| event.entitled) {
            if let Some((grant, ends)) = view.end_of(event) {
                let known = view.grants.entry(grant).or_default();
                known.threatened = Some(known.threatened.map_or(event.invoked, |at| at.min(event.invoked)));
                if ends {
                    known.ended = Some(known.ended.map_or(event.returned, |at| at.min(event.returned)));
                }
            }
        }
        view
    }

    /// The grant that a request may end, and whether its answer says that it did.
    fn end_of(&self, event: &'a Event) -> Option<(&'a str, bool)> {
        match &event.asked {
            Asked::Revoke { token } => Some((self.grant_of.get(&**token)?, event.answer == Answer::Done)),
            Asked::Refresh { token } => {
                let is_stale = !self.is_fresh(token, event);
                let was_reused = self.is_over(token, event) && event.answer == Answer::Refused;
                is_stale.then_some((*self.grant_of.get(&**token)?, was_reused))
            }
            Asked::Exchange { code } => {
                let (grant, taken) = *self.exchanged.get(&**code)?;
                // What was over before the code was taken can't have ended what it was taken for.
                let is_another = !matches!(event.answer, Answer::Tokens { .. }) && event.returned > taken.invoked;
                is_another.then_some((grant, event.invoked > taken.returned && event.answer == Answer::Refused))
            }
        }
    }

    /// The requests that showed a token to get the next one.
    fn refreshes(&self, token: &'a str) -> impl Iterator<Item = &'a Event> {
        let shows = move |event: &&Event| matches!(&event.asked, Asked::Refresh { token: shown } if shown == token);
        self.history.iter().filter(shows)
    }

    /// Whether a token can't have been replaced longer ago than the grace when it was shown.
    fn is_fresh(&self, token: &'a str, event: &Event) -> bool {
        let first = self.refreshes(token).filter(|event| event.entitled).map(|event| event.invoked).min();
        first.is_none_or(|first| event.returned <= first + GRACE - SECOND)
    }

    /// Whether a token was replaced for certain, longer ago than the grace, when it was shown.
    fn is_over(&self, token: &'a str, event: &Event) -> bool {
        let replaced = self.refreshes(token).filter_map(|earlier| match &earlier.answer {
            Answer::Tokens { refresh_token, .. } if refresh_token != token => Some(earlier.returned),
            _ => None,
        });
        replaced.min().is_some_and(|replaced| event.invoked > replaced + GRACE + SECOND)
    }

    fn check(&self, event: &'a Event) -> Result<(), &'static str> {
        let tokens = match &event.answer {
            Answer::Tokens { grant, access_token_ends, .. } => Some((grant.as_str(), *access_token_ends)),
            _ => None,
        };
        if tokens.is_some() && !event.entitled {
            return Err("somebody else got tokens");
        }
        if tokens.is_some_and(|(_, ends)| ends > event.returned + ACCESS_TOKEN) {
            return Err("rule 3: an access token lives longer than its hour");
        }
        match &event.asked {
            Asked::Exchange { code } => match (tokens, self.exchanged.get(&**code)) {
                (Some((grant, _)), Some((first, _))) if grant != *first => Err("rule 1: a code gave two grants"),
                (Some(_), Some((_, taken))) if event.invoked > taken.returned => Err("rule 1: a code was taken twice"),
                _ => Ok(()),
            },
            Asked::Refresh { token } => self.check_refresh(token, event, tokens.map(|(grant, _)| grant)),
            Asked::Revoke { .. } => Ok(()),
        }
    }

    fn check_refresh(&self, token: &'a str, event: &'a Event, got: Option<&str>) -> Result<(), &'static str> {
        let Some(grant) = self.grant_of.get(token) else { return Err("a token nobody was given was shown") };
        let known = self.grants.get(grant);
        if got.is_some_and(|got| got != *grant) {
            return Err("rule 4: a token led into another grant");
        }
        if got.is_some() && known.and_then(|known| known.ended).is_some_and(|ended| event.invoked > ended) {
            return Err("rule 3: a grant went on after its end");
        }
        if got.is_some() && self.is_over(token, event) {
            return Err("rule 4: a token was taken after its grace");
        }
        let was_threatened = known.and_then(|known| known.threatened).is_some_and(|at| at < event.returned);
        if event.entitled && event.answer == Answer::Refused && !was_threatened && self.is_fresh(token, event) {
            return Err("rule 2: somebody who behaves was logged out");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(at: u64) -> Duration {
        Duration::from_secs(at)
    }

    fn event(asked: Asked, at: u64, answer: Answer) -> Event {
        Event { entitled: true, asked, invoked: seconds(at), returned: seconds(at) + SECOND, answer }
    }

    fn exchange(at: u64, answer: Answer) -> Event {
        event(Asked::Exchange { code: "code".into() }, at, answer)
    }

    fn refresh(token: &str, at: u64, answer: Answer) -> Event {
        event(Asked::Refresh { token: token.into() }, at, answer)
    }

    fn revoke(token: &str, at: u64, answer: Answer) -> Event {
        event(Asked::Revoke { token: token.into() }, at, answer)
    }

    /// Tokens of a grant, good for an hour from `at`.
    fn tokens(grant: &str, refresh_token: &str, at: u64) -> Answer {
        Answer::Tokens {
            grant: grant.into(),
            refresh_token: refresh_token.into(),
            access_token_ends: seconds(at) + ACCESS_TOKEN,
        }
    }

    fn begun(rest: impl IntoIterator<Item = Event>) -> Vec<Event> {
        let begin = [exchange(0, tokens("g", "t0", 0)), refresh("t0", 10, tokens("g", "t1", 10))];
        begin.into_iter().chain(rest).collect()
    }

    #[test]
    fn what_clients_see_on_a_good_day_and_on_a_bad_one_is_allowed() {
        for history in [
            begun([]),
            begun([refresh("t0", 100, tokens("g", "t1", 100)), refresh("t1", 900, tokens("g", "t2", 900))]),
            begun([refresh("t1", 20, Answer::Failed), refresh("t1", 25, tokens("g", "t2", 25))]),
            vec![
                exchange(0, Answer::Failed),
                exchange(5, tokens("g", "t0", 5)),
                refresh("t0", 9, tokens("g", "t1", 9)),
            ],
            begun([revoke("t1", 20, Answer::Done), refresh("t1", 30, Answer::Refused)]),
            begun([revoke("t1", 20, Answer::Failed), refresh("t1", 30, Answer::Refused)]),
            begun([refresh("t0", 200, Answer::Refused), refresh("t1", 300, Answer::Refused)]),
            begun([exchange(20, Answer::Refused), refresh("t1", 30, Answer::Refused)]),
            // A failure may have been one after the fact, and the client came back too late.
            begun([refresh("t1", 20, Answer::Failed), refresh("t1", 200, Answer::Refused)]),
            vec![exchange(0, Answer::Failed), exchange(5, Answer::Refused)],
        ] {
            assert_eq!(check(&history), Ok(()), "{history:?}");
        }
    }

    #[test]
    fn what_must_never_be_seen_is_not_allowed_as10_as11_as18_t30() {
        let stranger = Event { entitled: false, ..refresh("t1", 20, tokens("g", "t2", 20)) };
        for (history, rule) in [
            (begun([exchange(20, tokens("h", "u0", 20))]), "rule 1"),
            (begun([exchange(20, tokens("g", "t5", 20))]), "rule 1"),
            (begun([refresh("t1", 20, Answer::Refused)]), "rule 2"),
            (begun([refresh("t0", 100, Answer::Refused)]), "rule 2"),
            (
                vec![exchange(0, Answer::Failed), exchange(5, tokens("g", "t0", 5)), refresh("t0", 9, Answer::Refused)],
                "rule 2",
            ),
            (begun([refresh("t1", 20, Answer::Failed), refresh("t1", 25, Answer::Refused)]), "rule 2"),
            // What another grant does ends this one no more than a stranger does.
            (
                begun([
                    Event { entitled: false, ..revoke("t1", 20, Answer::Done) },
                    refresh("t1", 30, Answer::Refused),
                ]),
                "rule 2",
            ),
            (begun([revoke("t1", 20, Answer::Done), refresh("t1", 30, tokens("g", "t2", 30))]), "rule 3"),
            (begun([exchange(20, Answer::Refused), refresh("t1", 30, tokens("g", "t2", 30))]), "rule 3"),
            (begun([refresh("t0", 200, Answer::Refused), refresh("t1", 300, tokens("g", "t2", 300))]), "rule 3"),
            (begun([refresh("t1", 20, tokens("g", "t2", 40))]), "rule 3"),
            (begun([refresh("t0", 200, tokens("g", "t1", 200))]), "rule 4"),
            (begun([refresh("t1", 20, tokens("h", "u1", 20))]), "rule 4"),
            (begun([stranger]), "somebody else"),
            (begun([refresh("t9", 20, Answer::Failed)]), "nobody was given"),
        ] {
            let found = check(&history).expect_err(rule);
            assert!(found.starts_with(rule) || found.contains(rule), "{found} is not {rule}");
        }
    }
}
