//! Measurement of the start of a function, its first request, and each further one.

use std::{collections::BTreeMap, error::Error, fs, path::Path, time::Duration};

use tokio::process::Command;

use super::{
    aws::Aws,
    functions::Functions,
    instance::Instance,
    phases::{PhaseCounts, Phases},
    scenario::Scenario,
};
use crate::process::{cpu, kilobytes};

/// Instances started; the median counts.
const STARTS: usize = 11;
/// Requests to the last instance after its first.
const WARM: usize = 100;

/// Times on this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) init: Spent,
    pub(crate) first: Spent,
    pub(crate) warm: Spent,
    /// Peak resident memory, in kB.
    pub(crate) resident: u64,
}

/// CPU time and elapsed time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spent {
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
}

/// Counts the instructions and the system calls of a scenario under valgrind, as differences between processes that
/// end after no request, after one, and after more.
pub(crate) async fn count(
    scenario: &mut Scenario,
    functions: &mut Functions<'_>,
    aws: &Aws,
    folder: &Path,
) -> Result<Phases, Box<dyn Error>> {
    let mut ended_after = [PhaseCounts::default(); 3];
    for (counts, requests) in ended_after.iter_mut().zip([0, 1, 1 + scenario.repeated]) {
        let log = folder.join("valgrind.log");
        let mut command = Command::new("/usr/bin/env");
        command.arg("valgrind").args(["--tool=cachegrind", "--cache-sim=no", "--trace-syscalls=yes"]);
        command.arg("--cachegrind-out-file=/dev/null").arg(format!("--log-file={}", log.display()));
        command.arg(functions.bootstrap(&scenario.function)?);
        let (variables, before) = (functions.variables(&scenario.function)?, aws.calls());
        let mut instance = Instance::start(command, &variables).await?;
        let mut calls = aws.calls() - before;
        for _ in 0..requests {
            let (event, before) = (scenario.event(functions).await?, aws.calls());
            scenario.check(&instance.invoke(event).await?.0)?;
            calls += aws.calls() - before;
        }
        instance.end().await?;
        let trace = fs::read_to_string(log)?;
        let instructions =
            trace.lines().rev().find_map(|line| line.split_once(" refs:")).ok_or("valgrind counted nothing")?.1;
        *counts = PhaseCounts {
            instructions: instructions.replace(',', "").trim().parse()?,
            system_calls: trace.lines().filter(|line| is_system_call(line)).count().try_into()?,
            calls,
        };
    }
    let [none, one, all] = ended_after;
    let between = |from: PhaseCounts, to: PhaseCounts, requests: u64| PhaseCounts {
        instructions: to.instructions.saturating_sub(from.instructions) / requests,
        system_calls: to.system_calls.saturating_sub(from.system_calls).div_ceil(requests),
        // A call that timed out and was repeated counts twice.
        calls: to.calls.saturating_sub(from.calls) / requests,
    };
    Ok(Phases { init: none, first: between(none, one, 1), warm: between(one, all, scenario.repeated) })
}

/// `true` if a line of valgrind's trace is a system call. Reading the clock is one only under valgrind, which disables
/// the vDSO.
fn is_system_call(line: &str) -> bool {
    line.contains(") sys_") && !line.contains(") sys_clock_gettime")
}

/// Measures the time of a scenario without valgrind.
pub(crate) async fn time(
    scenario: &mut Scenario,
    functions: &mut Functions<'_>,
    start: impl Fn() -> Result<Command, Box<dyn Error>>,
    variables: &BTreeMap<String, String>,
) -> Result<Times, Box<dyn Error>> {
    let (mut init, mut first, mut warm) = (Vec::new(), Vec::new(), Vec::new());
    let mut resident = 0;
    for number in 1..=STARTS {
        let mut instance = Instance::start(start()?, variables).await?;
        let id = instance.id()?;
        init.push(Spent { cpu: cpu(id)?, wall: instance.init });
        let requests = if number == STARTS { 1 + WARM.min(scenario.repeated as usize * 2) } else { 1 };
        for request in 0..requests {
            let (event, before) = (scenario.event(functions).await?, cpu(id)?);
            let (answer, wall) = instance.invoke(event).await?;
            scenario.check(&answer)?;
            let spent = Spent { cpu: cpu(id)?.saturating_sub(before), wall };
            if request == 0 { &mut first } else { &mut warm }.push(spent);
        }
        resident = kilobytes(id, "VmHWM")?.max(resident);
        instance.end().await?;
    }
    Ok(Times { init: median(init), first: median(first), warm: median(warm), resident })
}

pub(crate) fn median(mut spent: Vec<Spent>) -> Spent {
    let mut middle = |of: fn(&Spent) -> Duration| {
        spent.sort_unstable_by_key(of);
        spent.get(spent.len() / 2).map(of).unwrap_or_default()
    };
    Spent { cpu: middle(|spent| spent.cpu), wall: middle(|spent| spent.wall) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_calls_are_counted_once_and_clock_reads_are_not() {
        let trace = "SYSCALL[86,1](257) sys_openat ( 4294967196, 0x4838057, 524288 ) --> [async] ...\n\
                     SYSCALL[86,1](257) ... [async] --> Success(0x3)\n\
                     SYSCALL[86,1](228) sys_clock_gettime( 1, 0x1ffeffcee0 )[sync] --> Success(0x0)\n\
                     SYSCALL[86,1](20) sys_writev ( 7, 0x1ffeffc378, 1 ) --> [async] ...\n";
        assert_eq!(trace.lines().filter(|line| is_system_call(line)).count(), 2);
    }

    #[test]
    fn medians_of_cpu_and_wall_time_are_independent() {
        let spent = |cpu, wall| Spent { cpu: Duration::from_millis(cpu), wall: Duration::from_millis(wall) };
        let middle = median(vec![spent(3, 10), spent(1, 30), spent(2, 20)]);
        assert_eq!((middle.cpu.as_millis(), middle.wall.as_millis()), (2, 20));
    }
}
