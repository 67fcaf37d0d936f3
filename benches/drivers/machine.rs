//! What the kernel says about processes: who belongs to whom, and their memory, helpers of theirs included.

use nomad_driver_podman::adapters::nomad::state_dir;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Resident and anonymous memory, in KiB.
pub struct Memory {
    pub rss: f64,
    pub anonymous: f64,
}

/// Of all these processes; one that is gone has none.
pub fn memory(pids: &BTreeSet<u32>) -> Memory {
    let mut sum = Memory { rss: 0.0, anonymous: 0.0 };
    for pid in pids {
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
        sum.rss += kib(&rollup, "Rss:");
        sum.anonymous += kib(&rollup, "Anonymous:");
    }
    sum
}

fn kib(rollup: &str, key: &str) -> f64 {
    let line = rollup.lines().find(|line| line.starts_with(key));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0.0)
}

/// Every process that was given this directory for what plugins keep, in its environment or as an argument: a plugin,
/// what it was wrapped in, and the helper that it let go; and their descendants.
pub fn family(state: &Path) -> BTreeSet<u32> {
    let all = pids();
    let mut found: BTreeSet<u32> = all.iter().copied().filter(|pid| was_given(*pid, state)).collect();
    loop {
        let is_child = |pid: &u32| parent(*pid).is_some_and(|parent| found.contains(&parent));
        let more: Vec<u32> =
            all.iter().copied().filter(|pid| !found.contains(pid) && is_child(pid)).collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

fn was_given(pid: u32, state: &Path) -> bool {
    let (state, variable) = (state.as_os_str().as_bytes(), state_dir::VARIABLE.as_bytes());
    let variable = [variable, b"=", state].concat();
    let words = |file: &str| fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let has =
        |bytes: Vec<u8>, start: &[u8]| bytes.split(|byte| *byte == 0).any(|word| word.starts_with(start));
    has(words("environ"), &variable) || has(words("cmdline"), state)
}

/// Processes whose command line has this word: the service behind a socket.
pub fn with_argument(word: &str) -> BTreeSet<u32> {
    let has = |pid: &u32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut words = line.split(|byte| *byte == 0);
        words.clone().any(|other| other == b"service") && words.any(|other| other == word.as_bytes())
    };
    pids().into_iter().filter(has).collect()
}

/// The monitors of containers with this mark in their names. They are Podman's, but no children of its service.
pub fn monitors(mark: &str) -> BTreeSet<u32> {
    let has = |pid: &u32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut words = line.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        words.next().is_some_and(|program| program.ends_with("conmon"))
            && words.any(|word| word.contains(mark))
    };
    pids().into_iter().filter(has).collect()
}

fn pids() -> Vec<u32> {
    let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// `None` once it is gone.
pub fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Ends processes at once; they are ours.
pub fn kill(pids: &BTreeSet<u32>) {
    for pid in pids.iter().filter_map(|pid| rustix::process::Pid::from_raw(i32::try_from(*pid).ok()?)) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

/// Cores, kernel and load, for whoever reads the figures later.
pub fn describe() -> serde_json::Value {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let model = read("/proc/cpuinfo");
    let model = model
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map(|(_, name)| name.trim());
    serde_json::json!({
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "processor": model,
        "kernel": read("/proc/sys/kernel/osrelease"),
        "load": read("/proc/loadavg"),
        "podman": std::env::var("NDP_PODMAN_VERSION").ok(),
    })
}
