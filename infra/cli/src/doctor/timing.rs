//! Durations of the steps, and the server's clock.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::report::{Check, Judgement, Problem};

/// The checks of this stage.
pub(super) const CHECKS: [Check<Timing>; 6] = [
    Check("timing.discovery", |timing| timing.judge(TimedStep::Discovery)),
    Check("timing.registration", |timing| timing.judge(TimedStep::Registration)),
    Check("timing.token", |timing| timing.judge(TimedStep::Token)),
    Check("timing.endpoint", |timing| timing.judge(TimedStep::Endpoint)),
    Check("timing.refresh", |timing| timing.judge(TimedStep::Refresh)),
    Check("timing.clock", clock),
];

/// Steps with a time limit in Claude.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimedStep {
    Discovery,
    Registration,
    Token,
    /// The first response of the MCP endpoint.
    Endpoint,
    Refresh,
}

/// The duration of each step, in order.
pub(super) struct Timing {
    pub(super) budget: Duration,
    pub(super) steps: Vec<(TimedStep, Duration)>,
    /// The server's time and the local time of the same moment.
    pub(super) dates: Option<(Timestamp, Timestamp)>,
}

impl Timing {
    /// Judges a step by its slowest request. The first may include a cold start; the quickest is a warm one.
    fn judge(&self, step: TimedStep) -> Judgement {
        let all = self.steps.iter().filter(|(which, _)| *which == step).map(|(_, took)| *took);
        // Claude waits three times as long for a refresh.
        let budget = if step == TimedStep::Refresh { self.budget * 3 } else { self.budget };
        let (Some(first), Some(quickest), Some(slowest)) = (all.clone().next(), all.clone().min(), all.max()) else {
            return Err(Problem::skipped("no request was sent"));
        };
        let observed = format!(
            "first {} ms, quickest {} ms, slowest {} ms",
            first.as_millis(),
            quickest.as_millis(),
            slowest.as_millis()
        );
        let fix = "A cold start should take a few hundred milliseconds. Deploy with Tracing=Active to see the initialisation in \
                    X-Ray, or give the function more memory (MemorySize in template.yaml).";
        if slowest > budget {
            let observed = format!("{observed}; Claude gives up after {} s", budget.as_secs_f32());
            Err(Problem::fail(observed, fix))
        } else if slowest > budget / 2 {
            Err(Problem::warn(format!("{observed}; more than half of Claude's time limit"), fix))
        } else {
            Ok(observed)
        }
    }
}

/// Accepted clock difference. Authorization codes are valid for one minute, and tokens have timestamps in seconds.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(30);

fn clock(timing: &Timing) -> Judgement {
    let Some((theirs, ours)) = timing.dates else {
        return Err(Problem::warn(
            "no response has a valid Date header",
            "Something in front of the server removes the Date header, so its clock cannot be checked.",
        ));
    };
    let apart = theirs.duration_since(ours);
    let observed = format!(
        "the server's clock is {} s {} this computer's",
        apart.abs().as_secs(),
        if apart.is_negative() { "behind" } else { "ahead of" }
    );
    if apart.abs() > TOLERANCE {
        return Err(Problem::fail(
            observed,
            "Correct the wrong clock (`timedatectl set-ntp true`): tokens and codes have timestamps, and a client with a wrong clock \
             treats a valid token as expired.",
        ));
    }
    Ok(if apart.abs().as_secs() < 2 { "the server's clock agrees with this computer's".into() } else { observed })
}
