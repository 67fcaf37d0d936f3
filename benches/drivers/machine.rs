//! What the kernel says about processes: memory and processor time, helpers of theirs included.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

/// USER_HZ: the unit of /proc/PID/stat, the same on every Linux that Nomad runs on.
const TICK: Duration = Duration::from_millis(10);

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

/// Processor time so far of all these processes and of their children that have ended.
pub fn cpu(pids: &BTreeSet<u32>) -> Duration {
    pids.iter().map(|pid| ticks(*pid).unwrap_or(0)).sum::<u32>() * TICK
}

fn ticks(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // After the name, which may hold anything: state is the first field, utime to cstime the 12th to 15th.
    let fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some(fields.skip(11).take(4).filter_map(|field| field.parse::<u32>().ok()).sum())
}

/// A process, its descendants, and whoever else was given the same private `TMPDIR`: a helper that has been let go.
pub fn family(pid: u32) -> BTreeSet<u32> {
    let all = pids();
    let mut found = BTreeSet::from([pid]);
    if let Some(mark) = tmpdir(pid) {
        found.extend(all.iter().filter(|other| tmpdir(**other).as_ref() == Some(&mark)));
    }
    loop {
        let more: Vec<u32> = all
            .iter()
            .copied()
            .filter(|pid| !found.contains(pid) && parent(*pid).is_some_and(|parent| found.contains(&parent)))
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
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

fn pids() -> Vec<u32> {
    let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn tmpdir(pid: u32) -> Option<Vec<u8>> {
    let environ = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let found = environ.split(|byte| *byte == 0).find(|word| word.starts_with(b"TMPDIR="))?.to_vec();
    // That of the person at the terminal is everybody's.
    let own = std::env::var("TMPDIR").map(|own| format!("TMPDIR={own}").into_bytes()).ok();
    (Some(&found) != own.as_ref()).then_some(found)
}

fn parent(pid: u32) -> Option<u32> {
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
