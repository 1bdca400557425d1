//! Figures of a Linux process.

use std::{error::Error, fs, time::Duration};

/// A field of `/proc/PID/status` in kB, e.g. `VmRSS`, the resident memory, or `VmHWM`, its peak (proc_pid_status(5)).
pub(crate) fn kilobytes(id: u32, field: &str) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':')).ok_or("no such field")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

/// The CPU time of all threads of a process (Linux, Documentation/scheduler/sched-stats.rst).
pub(crate) fn cpu(id: u32) -> Result<Duration, Box<dyn Error>> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{id}/task"))? {
        let log = fs::read_to_string(thread?.path().join("schedstat"))?;
        nanoseconds += log.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}
