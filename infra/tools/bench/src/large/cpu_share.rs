//! The share of a processor that Lambda gives a function: a whole one at 1,769 MB.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

/// The CPU controller of Linux's control groups, version 1.
const GROUPS: &str = "/sys/fs/cgroup/cpu";
const PERIOD_US: u64 = 20_000;

/// A control group of one process, removed when dropped.
pub(crate) struct CpuShare(PathBuf);

impl CpuShare {
    /// Limits a process to the share of `megabytes`. Needs the rights to create control groups.
    pub(crate) fn limit(process: u32, megabytes: u64) -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("jean-bench-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let group = Self(Path::new(GROUPS).join(name));
        fs::create_dir(&group.0)?;
        fs::write(group.0.join("cpu.cfs_period_us"), PERIOD_US.to_string())?;
        fs::write(group.0.join("cpu.cfs_quota_us"), (PERIOD_US * megabytes.min(1769) / 1769).to_string())?;
        fs::write(group.0.join("cgroup.procs"), process.to_string())?;
        Ok(group)
    }
}

impl Drop for CpuShare {
    fn drop(&mut self) {
        // A group with a process that has not ended yet remains, without effect.
        let _ = fs::remove_dir(&self.0);
    }
}
