//! How long the steps take, and what time it is there.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::report::{Check, Judgement, Trouble};

/// What is looked at.
pub(super) const CHECKS: [Check<Timing>; 6] = [
    Check("timing.discovery", |timing| timing.judge(Step::Discovery)),
    Check("timing.registration", |timing| timing.judge(Step::Registration)),
    Check("timing.token", |timing| timing.judge(Step::Token)),
    Check("timing.endpoint", |timing| timing.judge(Step::Endpoint)),
    Check("timing.refresh", |timing| timing.judge(Step::Refresh)),
    Check("timing.clock", clock),
];

/// What Claude waits for only so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Discovery,
    Registration,
    Token,
    /// The first answer of the MCP endpoint.
    Endpoint,
    Refresh,
}

/// How long each step took, in the order it happened.
pub(super) struct Timing {
    pub(super) budget: Duration,
    pub(super) steps: Vec<(Step, Duration)>,
    /// Their time and ours, of the same moment.
    pub(super) dates: Option<(Timestamp, Timestamp)>,
}

impl Timing {
    /// The first is the one that may have started the function; the quickest is what it takes when it runs.
    fn judge(&self, step: Step) -> Judgement {
        let all = self.steps.iter().filter(|(which, _)| *which == step).map(|(_, took)| *took);
        // Claude waits three times as long for a refresh.
        let budget = if step == Step::Refresh { self.budget * 3 } else { self.budget };
        let (Some(first), Some(quickest), Some(slowest)) = (all.clone().next(), all.clone().min(), all.max()) else {
            return Err(Trouble::skipped("it was never asked"));
        };
        let saw = format!(
            "first {} ms, quickest {} ms, slowest {} ms",
            first.as_millis(),
            quickest.as_millis(),
            slowest.as_millis()
        );
        let mend = "A cold start should take a few hundred milliseconds: see Init Duration in the function's log, give it \
                    more memory (MemorySize in template.yaml), or keep it warm with provisioned concurrency.";
        if slowest > budget {
            let saw = format!("{saw}; Claude gives up after {} s", budget.as_secs_f32());
            Err(Trouble::fail(saw, mend))
        } else if slowest > budget / 2 {
            Err(Trouble::warn(format!("{saw}; more than half of what Claude waits"), mend))
        } else {
            Ok(saw)
        }
    }
}

/// How far the clocks may be apart: codes live a minute, and tokens are dated to the second.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(30);

fn clock(timing: &Timing) -> Judgement {
    let Some((theirs, ours)) = timing.dates else {
        return Err(Trouble::warn(
            "no answer has a Date header that can be read",
            "Something in front of the server takes the Date header away; what time it is there can't be told.",
        ));
    };
    let apart = theirs.duration_since(ours);
    let saw = format!(
        "the server's clock is {} s {} this computer's",
        apart.abs().as_secs(),
        if apart.is_negative() { "behind" } else { "ahead of" }
    );
    if apart.abs() > TOLERANCE {
        return Err(Trouble::fail(
            saw,
            "Set the clock that is wrong (`timedatectl set-ntp true`): tokens and codes are dated, and a client whose clock is \
             off takes a fresh token for a dead one.",
        ));
    }
    Ok(if apart.abs().as_secs() < 2 { "the server's clock agrees with this computer's".into() } else { saw })
}
