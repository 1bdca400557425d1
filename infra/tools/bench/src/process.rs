//! What Linux tells of a process.

use std::{error::Error, fs};

/// A figure of /proc/PID/status, in kB: VmRSS, the memory that is resident, or VmHWM, the most that was
/// (proc_pid_status(5)).
pub(crate) fn kilobytes(id: u32, field: &str) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':')).ok_or("no such field")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}
