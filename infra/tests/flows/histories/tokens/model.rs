//! The model that histories of codes and refresh tokens are checked against.
//!
//! A history consists of the requests of clients, their times and their responses. The model knows nothing else about
//! the server, and applies these rules:
//!
//! 1. **A code gives at most one grant** (AS-10): of all requests that present a code, at most one gets tokens.
//! 2. **A correct client is never disconnected** (AS-11): a client that presents its own refresh token gets tokens or a
//!    server error if it first presented that token within the grace period. The rule does not apply once the grant may
//!    have been revoked: by its client, by a replay of its code, or by reuse of a replaced token.
//! 3. **A revoked grant stays revoked** (AS-18, AS-23): after a response has confirmed the revocation, later requests
//!    with tokens of the grant get none. No access token is valid for longer than one hour.
//! 4. **Reuse after the grace period revokes exactly that grant** (AS-11, T-30): a token gets nothing if its client
//!    received the successor longer ago than the grace period. The response confirms the revocation. Rule 2 ensures
//!    that no other grant has been revoked.
//!
//! After a server error (5xx) the request may or may not have been executed. A code may have been redeemed by a request
//! that failed, so a second redemption may be rejected and revoke a grant unknown to all clients.

use std::{collections::BTreeMap, time::Duration};

/// Grace period in which a replaced token still gets a pair. The store has a resolution of one second, so the rules
/// tolerate a difference of [`SECOND`].
pub(crate) const GRACE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
const ACCESS_TOKEN: Duration = Duration::from_secs(3600);

/// A request and its response. Times are relative to the start of the history.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    /// `true` if the request came from the code's own client, with correct credentials.
    pub(crate) entitled: bool,
    pub(crate) asked: Asked,
    pub(crate) invoked: Duration,
    pub(crate) returned: Duration,
    pub(crate) answer: Answer,
}

#[derive(Debug, Clone)]
pub(crate) enum Asked {
    /// Redeems a code.
    Exchange { code: String },
    /// Presents a refresh token for the next pair.
    Refresh { token: String },
    /// Revokes the grant of a refresh token.
    Revoke { token: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A token pair and the id of its grant.
    Tokens { grant: String, refresh_token: String, access_token_ends: Duration },
    /// 200 without tokens, the response to a revocation.
    Done,
    /// 4xx.
    Refused,
    /// 5xx.
    Failed,
}

/// Facts about a grant, derived from the history.
#[derive(Debug, Default)]
struct Known {
    /// Time of the first request that may revoke the grant.
    threatened: Option<Duration>,
    /// Time of the first response that confirms the revocation.
    ended: Option<Duration>,
}

/// Checks a history.
///
/// # Errors
///
/// The violated rule and the event that violates it.
pub(crate) fn check(history: &[Event]) -> Result<(), String> {
    let view = View::of(history);
    for event in history {
        view.check(event).map_err(|rule| format!("{rule}: {event:?}"))?;
    }
    Ok(())
}

struct View<'a> {
    history: &'a [Event],
    /// The grant of each refresh token in a response.
    grant_of: BTreeMap<&'a str, &'a str>,
    /// The grant that each code was redeemed for, and the request that redeemed it.
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

    /// Returns the grant that a request may revoke, and `true` if the response confirms it.
    fn end_of(&self, event: &'a Event) -> Option<(&'a str, bool)> {
        match &event.asked {
            Asked::Revoke { token } => Some((self.grant_of.get(&**token)?, event.answer == Answer::Done)),
            Asked::Refresh { token } => {
                let is_stale = !self.is_fresh(token, event);
                let was_reused = self.is_past_grace(token, event) && event.answer == Answer::Refused;
                is_stale.then_some((*self.grant_of.get(&**token)?, was_reused))
            }
            Asked::Exchange { code } => {
                let (grant, taken) = *self.exchanged.get(&**code)?;
                // A request that completed before the redemption began cannot have revoked its grant.
                let is_another = !matches!(event.answer, Answer::Tokens { .. }) && event.returned > taken.invoked;
                is_another.then_some((grant, event.invoked > taken.returned && event.answer == Answer::Refused))
            }
        }
    }

    /// Refresh requests that presented a token.
    fn refreshes(&self, token: &'a str) -> impl Iterator<Item = &'a Event> {
        let shows = move |event: &&Event| matches!(&event.asked, Asked::Refresh { token: shown } if shown == token);
        self.history.iter().filter(shows)
    }

    /// `true` if the token was certainly within its grace period when it was presented.
    fn is_fresh(&self, token: &'a str, event: &Event) -> bool {
        let first = self.refreshes(token).filter(|event| event.entitled).map(|event| event.invoked).min();
        first.is_none_or(|first| event.returned <= first + GRACE - SECOND)
    }

    /// `true` if the token was certainly past its grace period when it was presented.
    fn is_past_grace(&self, token: &'a str, event: &Event) -> bool {
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
            return Err("another client got tokens");
        }
        if tokens.is_some_and(|(_, ends)| ends > event.returned + ACCESS_TOKEN) {
            return Err("rule 3: an access token is valid for longer than one hour");
        }
        match &event.asked {
            Asked::Exchange { code } => match (tokens, self.exchanged.get(&**code)) {
                (Some((grant, _)), Some((first, _))) if grant != *first => Err("rule 1: a code gave two grants"),
                (Some(_), Some((_, taken))) if event.invoked > taken.returned => {
                    Err("rule 1: a code was redeemed twice")
                }
                _ => Ok(()),
            },
            Asked::Refresh { token } => self.check_refresh(token, event, tokens.map(|(grant, _)| grant)),
            Asked::Revoke { .. } => Ok(()),
        }
    }

    fn check_refresh(&self, token: &'a str, event: &'a Event, got: Option<&str>) -> Result<(), &'static str> {
        let Some(grant) = self.grant_of.get(token) else { return Err("an unknown token was presented") };
        let known = self.grants.get(grant);
        if got.is_some_and(|got| got != *grant) {
            return Err("rule 4: a token gave tokens of another grant");
        }
        if got.is_some() && known.and_then(|known| known.ended).is_some_and(|ended| event.invoked > ended) {
            return Err("rule 3: a revoked grant gave tokens");
        }
        if got.is_some() && self.is_past_grace(token, event) {
            return Err("rule 4: a token was accepted after its grace period");
        }
        let was_threatened = known.and_then(|known| known.threatened).is_some_and(|at| at < event.returned);
        if event.entitled && event.answer == Answer::Refused && !was_threatened && self.is_fresh(token, event) {
            return Err("rule 2: a correct client was disconnected");
        }
        Ok(())
    }
}

/// The kinds of events that a test run must contain.
pub(crate) const KINDS: [&str; 8] = [
    "code redeemed",
    "code rejected",
    "redemption failed",
    "token refreshed",
    "refresh rejected",
    "refresh failed",
    "grant revoked",
    "revocation failed",
];

/// The kind of an event.
pub(crate) fn kind(event: &Event) -> &'static str {
    match (&event.asked, &event.answer) {
        (Asked::Exchange { .. }, Answer::Tokens { .. }) => KINDS[0],
        (Asked::Exchange { .. }, Answer::Failed) => KINDS[2],
        (Asked::Exchange { .. }, _) => KINDS[1],
        (Asked::Refresh { .. }, Answer::Tokens { .. }) => KINDS[3],
        (Asked::Refresh { .. }, Answer::Failed) => KINDS[5],
        (Asked::Refresh { .. }, _) => KINDS[4],
        (Asked::Revoke { .. }, Answer::Failed) => KINDS[7],
        (Asked::Revoke { .. }, _) => KINDS[6],
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

    /// Tokens of a grant, valid for one hour from `at`.
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
    fn valid_histories_are_accepted() {
        for history in [
            begun([]),
            begun([refresh("t0", 50, tokens("g", "t1", 50)), refresh("t1", 900, tokens("g", "t2", 900))]),
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
            // The failed request may have been executed, and the client retried too late.
            begun([refresh("t1", 20, Answer::Failed), refresh("t1", 200, Answer::Refused)]),
            vec![exchange(0, Answer::Failed), exchange(5, Answer::Refused)],
        ] {
            assert_eq!(check(&history), Ok(()), "{history:?}");
        }
    }

    /// AS-10, AS-11, AS-18, T-30
    #[test]
    fn invalid_histories_are_rejected() {
        let stranger = Event { entitled: false, ..refresh("t1", 20, tokens("g", "t2", 20)) };
        for (history, rule) in [
            (begun([exchange(20, tokens("h", "u0", 20))]), "rule 1"),
            (begun([exchange(20, tokens("g", "t5", 20))]), "rule 1"),
            (begun([refresh("t1", 20, Answer::Refused)]), "rule 2"),
            (begun([refresh("t0", 50, Answer::Refused)]), "rule 2"),
            (
                vec![exchange(0, Answer::Failed), exchange(5, tokens("g", "t0", 5)), refresh("t0", 9, Answer::Refused)],
                "rule 2",
            ),
            (begun([refresh("t1", 20, Answer::Failed), refresh("t1", 25, Answer::Refused)]), "rule 2"),
            // A request of another client does not revoke the grant.
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
            (begun([stranger]), "another client"),
            (begun([refresh("t9", 20, Answer::Failed)]), "unknown token"),
        ] {
            let found = check(&history).expect_err(rule);
            assert!(found.starts_with(rule) || found.contains(rule), "expected {rule}, got {found}");
        }
    }
}
