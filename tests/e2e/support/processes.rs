//! Processes of one agent, found by a variable that all its children inherit, and ended by their ids.

use super::wait;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// In the environment of an agent; its value is the agent's directory.
pub const MARK: &str = "NDP_E2E_AGENT";

/// A living process of an agent.
#[derive(Debug, Clone)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Its program.
    pub exe: PathBuf,
}

/// Every process that was started by the agent of `dir`, itself included.
pub fn of_agent(dir: &Path) -> Vec<Process> {
    let mark = format!("{MARK}={}", dir.display());
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| has_variable(*pid, &mark))
        .filter_map(|pid| Some(Process { pid, exe: fs::read_link(format!("/proc/{pid}/exe")).ok()? }))
        .collect()
}

fn has_variable(pid: u32, variable: &str) -> bool {
    let environ = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environ.split(|byte| *byte == 0).any(|entry| entry == variable.as_bytes())
}

/// Whether the process runs: one that has ended and is not yet reaped does not.
pub fn is_alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start().to_owned();
    !state.is_empty() && !state.starts_with(['Z', 'X'])
}

/// Sends a signal; a process that is gone is fine.
pub fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _gone_is_fine = kill_process(pid, signal);
    }
}

/// Kills all processes of an agent, and those that they start meanwhile.
pub fn kill_all(dir: &Path) -> Result<(), String> {
    wait::within(Duration::from_secs(10), || {
        let left = of_agent(dir);
        left.iter().for_each(|process| signal(process.pid, Signal::KILL));
        if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
    })
}
