//! The model that histories of linked accounts are checked against.
//!
//! An identity is an account of the provider. The model knows the requests of users and an owner, their times and their
//! responses, and applies these rules (SR-30, SR-33):
//!
//! 1. **An identity opens the account that it is linked to, and no other.** It is linked by signing up or linking, until it is
//!    unlinked or the account deleted. It is never linked to two accounts.
//! 2. **A linked identity is not refused**, unless its account is disabled.
//! 3. **A disabled or deleted account** is opened by no identity, and nothing is done in it.
//! 4. **Each account keeps a way in**: once all are enabled and the store is calm, each account that no user has tried to
//!    delete is opened by some identity.
//!
//! A request takes effect at some time between its beginning and its response, also if that is a server error (5xx), which
//! leaves open if it took effect at all. A rule is broken only if it is broken at each of these times.

use std::time::Duration;

/// A request and its response. Times are relative to the start of the history.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) asked: Asked,
    pub(crate) invoked: Duration,
    pub(crate) returned: Duration,
    pub(crate) answer: Answer,
}

/// A number of an identity, or the id of an account.
pub(crate) type Identity = u64;
pub(crate) type Account = String;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Signs in with an identity, or signs up.
    SignIn(Identity),
    /// Links an identity to the account of the session.
    Link(Identity, Account),
    /// Unlinks an identity from the account of the session.
    Unlink(Identity, Account),
    /// Deletes the account of the session.
    Delete(Account),
    /// As the owner.
    Disable(Account),
    /// As the owner.
    Enable(Account),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A session of a new account.
    SignedUp(Account),
    /// A session of an account.
    Opened(Account),
    /// The change was made.
    Done,
    /// 4xx, or a redirect without a confirmation. Nothing has changed.
    Refused,
    /// 5xx.
    Failed,
}

impl Event {
    /// `true` if this request had its response before the other one began.
    fn is_before(&self, other: &Self) -> bool {
        self.returned < other.invoked
    }

    /// `true` if the change was made.
    fn is_done(&self) -> bool {
        !matches!(self.answer, Answer::Refused | Answer::Failed)
    }

    /// `true` if the change may have been made.
    fn may_be_done(&self) -> bool {
        self.answer != Answer::Refused
    }

    /// The account that a session was started for.
    pub(crate) fn opened(&self) -> Option<&Account> {
        match &self.answer {
            Answer::SignedUp(account) | Answer::Opened(account) => Some(account),
            _ => None,
        }
    }

    /// `true` if the request ends the link of an identity to an account.
    fn ends(&self, identity: Identity, account: &Account) -> bool {
        match &self.asked {
            Asked::Unlink(unlinked, of) => *unlinked == identity && of == account,
            Asked::Delete(deleted) => deleted == account,
            _ => false,
        }
    }
}

/// Checks a history, and the sign-ins with each identity after its end.
///
/// # Errors
///
/// The violated rule and the event that violates it.
pub(crate) fn check(history: &[Event], last: &[Event]) -> Result<(), String> {
    let view = View([history, last].concat());
    for event in &view.0 {
        view.check(event).map_err(|rule| format!("{rule}: {event:?}"))?;
    }
    for account in history.iter().filter_map(Event::opened) {
        let is_open = last.iter().any(|event| event.opened() == Some(account));
        let is_deleted = |event: &Event| event.asked == Asked::Delete(account.clone()) && event.may_be_done();
        if !is_open && !history.iter().any(is_deleted) {
            return Err(format!("rule 4: no identity opens {account}"));
        }
    }
    Ok(())
}

struct View(Vec<Event>);

impl View {
    fn check(&self, event: &Event) -> Result<(), &'static str> {
        match &event.asked {
            Asked::SignIn(identity) => {
                let linked = self.linked(*identity, event);
                match event.opened() {
                    Some(account) if !self.may_be_linked(*identity, account, event) => {
                        return Err("rule 1: an identity opened an account that it was not linked to");
                    }
                    Some(account) if linked.is_some_and(|linked| linked != account) => {
                        return Err("rule 1: an identity opened another account than its own");
                    }
                    None if event.answer == Answer::Refused
                        && linked.is_some_and(|linked| !self.may_be_disabled(linked, event)) =>
                    {
                        return Err("rule 2: a linked identity was refused");
                    }
                    _ => {}
                }
                event.opened().map_or(Ok(()), |account| self.check_active(account, event))
            }
            Asked::Link(identity, account) if event.is_done() => {
                if self.linked(*identity, event).is_some_and(|linked| linked != account) {
                    return Err("rule 1: an identity was linked to two accounts");
                }
                self.check_active(account, event)
            }
            Asked::Unlink(_, account) | Asked::Delete(account) if event.is_done() => self.check_active(account, event),
            _ => Ok(()),
        }
    }

    /// Rule 3.
    fn check_active(&self, account: &Account, event: &Event) -> Result<(), &'static str> {
        let deletes = |other: &&Event| other.asked == Asked::Delete(account.clone()) && other.is_done();
        if self.0.iter().filter(deletes).any(|deletion| deletion.is_before(event)) {
            return Err("rule 3: a deleted account was used");
        }
        let disables = |other: &&Event| other.asked == Asked::Disable(account.clone()) && other.is_done();
        let enables = |other: &&Event| other.asked == Asked::Enable(account.clone()) && other.may_be_done();
        let is_disabled = |disabling: &Event| {
            let undone = |enabling: &Event| !enabling.is_before(disabling) && !event.is_before(enabling);
            disabling.is_before(event) && !self.0.iter().filter(enables).any(undone)
        };
        if self.0.iter().filter(disables).any(is_disabled) {
            return Err("rule 3: a disabled account was used");
        }
        Ok(())
    }

    /// The account that an identity is certainly linked to during a request.
    fn linked(&self, identity: Identity, event: &Event) -> Option<&Account> {
        self.0.iter().filter(|earlier| earlier.is_before(event)).find_map(|earlier| {
            let account = match &earlier.asked {
                Asked::SignIn(other) if *other == identity => earlier.opened()?,
                Asked::Link(other, account) if *other == identity && earlier.is_done() => account,
                _ => return None,
            };
            let may_end = |end: &Event| {
                end.ends(identity, account) && end.may_be_done() && !end.is_before(earlier) && !event.is_before(end)
            };
            (!self.0.iter().any(may_end)).then_some(account)
        })
    }

    /// `true` if an identity may be linked to an account at some time of a request.
    fn may_be_linked(&self, identity: Identity, account: &Account, event: &Event) -> bool {
        self.0.iter().filter(|earlier| !event.is_before(earlier)).any(|earlier| {
            let may_link = match (&earlier.asked, &earlier.answer) {
                (Asked::SignIn(other), Answer::SignedUp(new)) => *other == identity && new == account,
                // A sign-up of which an attempt, or a concurrent one, had created the account already.
                (Asked::SignIn(other), Answer::Opened(new)) => {
                    *other == identity && new == account && self.opens_first(account, earlier)
                }
                // A sign-up without a response.
                (Asked::SignIn(other), Answer::Failed) => *other == identity,
                (Asked::Link(other, linked), _) => *other == identity && linked == account && earlier.may_be_done(),
                _ => false,
            };
            let has_ended = |end: &Event| {
                end.ends(identity, account) && end.is_done() && earlier.is_before(end) && end.is_before(event)
            };
            may_link && !self.0.iter().any(has_ended)
        })
    }

    /// `true` if no request had opened the account before this one began.
    fn opens_first(&self, account: &Account, event: &Event) -> bool {
        !self.0.iter().any(|other| other.opened() == Some(account) && other.is_before(event))
    }

    /// `true` if an account may be disabled at some time of a request.
    fn may_be_disabled(&self, account: &Account, event: &Event) -> bool {
        let disables = |other: &&Event| other.asked == Asked::Disable(account.clone()) && other.may_be_done();
        let enables = |other: &&Event| other.asked == Asked::Enable(account.clone()) && other.is_done();
        self.0.iter().filter(disables).filter(|disabling| !event.is_before(disabling)).any(|disabling| {
            !self.0.iter().filter(enables).any(|enabling| disabling.is_before(enabling) && enabling.is_before(event))
        })
    }
}

/// The kinds of events that a test run must contain.
pub(crate) const KINDS: [&str; 15] = [
    "signed up",
    "signed in",
    "sign-in refused",
    "sign-in failed",
    "linked",
    "link refused",
    "link failed",
    "unlinked",
    "unlink refused",
    "unlink failed",
    "deleted",
    "deletion failed",
    "disabled",
    "disabling failed",
    "enabled",
];

/// The kind of an event.
pub(crate) fn kind(event: &Event) -> &'static str {
    match (&event.asked, &event.answer) {
        (Asked::SignIn(_), Answer::SignedUp(_)) => "signed up",
        (Asked::SignIn(_), Answer::Refused) => "sign-in refused",
        (Asked::SignIn(_), Answer::Failed) => "sign-in failed",
        (Asked::SignIn(_), _) => "signed in",
        (Asked::Link(..), Answer::Refused) => "link refused",
        (Asked::Link(..), Answer::Failed) => "link failed",
        (Asked::Link(..), _) => "linked",
        (Asked::Unlink(..), Answer::Refused) => "unlink refused",
        (Asked::Unlink(..), Answer::Failed) => "unlink failed",
        (Asked::Unlink(..), _) => "unlinked",
        (Asked::Delete(_), Answer::Refused) => "deletion refused",
        (Asked::Delete(_), Answer::Failed) => "deletion failed",
        (Asked::Delete(_), _) => "deleted",
        (Asked::Disable(_), Answer::Done) => "disabled",
        (Asked::Disable(_), _) => "disabling failed",
        (Asked::Enable(_), Answer::Done) => "enabled",
        (Asked::Enable(_), _) => "enabling failed",
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Answer::{Done, Failed, Refused},
        *,
    };

    const SECOND: Duration = Duration::from_secs(1);

    /// An event of one second that begins at this second.
    fn at(second: u64, asked: Asked, answer: Answer) -> Event {
        let invoked = Duration::from_secs(second);
        Event { asked, invoked, returned: invoked + SECOND, answer }
    }

    /// The event with a response at this second.
    fn until(second: u64, event: Event) -> Event {
        Event { returned: Duration::from_secs(second), ..event }
    }

    fn sign_up(second: u64, identity: Identity, account: &str) -> Event {
        at(second, Asked::SignIn(identity), Answer::SignedUp(account.into()))
    }

    fn sign_in(second: u64, identity: Identity, account: &str) -> Event {
        at(second, Asked::SignIn(identity), Answer::Opened(account.into()))
    }

    fn refused(second: u64, identity: Identity) -> Event {
        at(second, Asked::SignIn(identity), Refused)
    }

    fn link(second: u64, identity: Identity, account: &str, answer: Answer) -> Event {
        at(second, Asked::Link(identity, account.into()), answer)
    }

    fn unlink(second: u64, identity: Identity, account: &str, answer: Answer) -> Event {
        at(second, Asked::Unlink(identity, account.into()), answer)
    }

    fn delete(second: u64, account: &str, answer: Answer) -> Event {
        at(second, Asked::Delete(account.into()), answer)
    }

    fn disable(second: u64, account: &str, answer: Answer) -> Event {
        at(second, Asked::Disable(account.into()), answer)
    }

    fn enable(second: u64, account: &str, answer: Answer) -> Event {
        at(second, Asked::Enable(account.into()), answer)
    }

    /// A history after the sign-up of `a` with identity 1.
    fn begun(rest: impl IntoIterator<Item = Event>) -> Vec<Event> {
        std::iter::once(sign_up(0, 1, "a")).chain(rest).collect()
    }

    #[test]
    fn valid_histories_are_accepted() {
        let last = [sign_in(900, 1, "a")];
        for history in [
            begun([]),
            begun([sign_in(10, 1, "a"), link(20, 2, "a", Done), sign_in(30, 2, "a")]),
            begun([link(10, 2, "a", Done), unlink(20, 2, "a", Done), refused(30, 2), sign_up(40, 2, "b")]),
            begun([link(10, 2, "a", Failed), sign_in(20, 2, "a")]),
            begun([link(10, 2, "a", Failed), sign_up(20, 2, "b")]),
            // The sign-in may be before or after the concurrent unlinking.
            begun([link(10, 2, "a", Done), until(30, unlink(20, 2, "a", Done)), sign_in(25, 2, "a")]),
            begun([link(10, 2, "a", Done), until(30, unlink(20, 2, "a", Done)), refused(25, 2)]),
            begun([disable(10, "a", Done), refused(20, 1), enable(30, "a", Done), sign_in(40, 1, "a")]),
            begun([disable(10, "a", Failed), refused(20, 1)]),
            begun([disable(10, "a", Done), enable(20, "a", Failed), sign_in(30, 1, "a")]),
            // Two sign-ups at once with one identity.
            begun([until(13, sign_up(10, 2, "b")), sign_in(12, 2, "b")]),
            begun([until(13, sign_in(10, 2, "b")), sign_in(12, 2, "b")]),
            // The account of a sign-up without a response.
            begun([at(10, Asked::SignIn(2), Failed), sign_in(20, 2, "b")]),
        ] {
            let others = [sign_in(910, 2, "b")];
            let with_b = history.iter().any(|event| event.opened().is_some_and(|account| account == "b"));
            let last: Vec<_> = last.iter().chain(others.iter().filter(|_| with_b)).cloned().collect();
            assert_eq!(check(&history, &last), Ok(()), "{history:?}");
        }
        assert_eq!(check(&begun([delete(10, "a", Done), sign_up(20, 1, "b")]), &[sign_in(900, 1, "b")]), Ok(()));
        assert_eq!(check(&begun([delete(10, "a", Failed)]), &[]), Ok(()));
    }

    /// SR-30, SR-33
    #[test]
    fn invalid_histories_are_rejected() {
        let last = [sign_in(900, 1, "a")];
        for (history, rule) in [
            (begun([sign_in(10, 2, "a")]), "rule 1"),
            (begun([sign_in(10, 2, "b"), sign_in(20, 3, "b")]), "rule 1"),
            (begun([link(10, 2, "a", Refused), sign_in(20, 2, "a")]), "rule 1"),
            (begun([sign_up(10, 1, "b")]), "rule 1"),
            (begun([link(10, 2, "a", Done), unlink(20, 2, "a", Done), sign_in(30, 2, "a")]), "rule 1"),
            (begun([sign_up(10, 2, "b"), link(20, 1, "b", Done)]), "rule 1"),
            (begun([delete(10, "a", Failed), delete(20, "a", Done), sign_in(30, 1, "a")]), "rule 1"),
            (begun([refused(10, 1)]), "rule 2"),
            (begun([link(10, 2, "a", Done), unlink(20, 2, "a", Refused), refused(30, 2)]), "rule 2"),
            (begun([disable(10, "a", Done), enable(20, "a", Done), refused(30, 1)]), "rule 2"),
            (begun([disable(10, "a", Refused), refused(30, 1)]), "rule 2"),
            (begun([delete(10, "a", Done), link(20, 2, "a", Done)]), "rule 3"),
            (begun([disable(10, "a", Done), sign_in(20, 1, "a")]), "rule 3"),
            (begun([disable(10, "a", Done), enable(20, "a", Refused), link(30, 2, "a", Done)]), "rule 3"),
            (begun([disable(10, "a", Done), delete(20, "a", Done)]), "rule 3"),
            (begun([sign_up(10, 2, "b")]), "rule 4"),
            (begun([sign_up(10, 2, "b"), delete(20, "b", Refused)]), "rule 4"),
        ] {
            let found = check(&history, &last).expect_err(rule);
            assert!(found.starts_with(rule), "expected {rule}, got {found}");
        }
    }
}
