//! Size, start-up and memory of the plugin.

use crate::plugin::Plugin;
use crate::{Row, median};
use std::path::Path;
use std::time::{Duration, Instant};

const STARTS: usize = 200;
const MIB: f64 = 1024.0 * 1024.0;

/// The binary on disk.
pub fn size(binary: &Path) -> Row {
    let mib = std::fs::metadata(binary).unwrap().len() as f64 / MIB;
    Row { promise: "binary size", measured: format!("{mib:.1} MiB"), goal: "< 12 MiB", met: mib < 12.0 }
}

/// From exec to the handshake line.
pub fn handshake(binary: &Path) -> Row {
    let once = || {
        let before = Instant::now();
        let _plugin = Plugin::start(binary);
        before.elapsed()
    };
    once();
    let middle = median((0..STARTS).map(|_| once()).collect());
    Row {
        promise: "exec to handshake line, median of 200",
        measured: format!("{:.2} ms", middle.as_secs_f64() * 1e3),
        goal: "<= 2 ms",
        met: middle <= Duration::from_millis(2),
    }
}

/// Resident memory once the host is connected and nothing happens.
pub async fn memory(binary: &Path) -> [Row; 2] {
    let plugin = Plugin::start(binary);
    let mut host = plugin.dial().await;
    host.ping().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", plugin.child.id())).unwrap();
    let (rss, anonymous) = (mib(&rollup, "Rss:"), mib(&rollup, "Anonymous:"));
    let row = |promise, mib: f64, goal, limit| Row {
        promise,
        measured: format!("{mib:.1} MiB"),
        goal,
        met: mib <= limit,
    };
    [
        row("resident memory, idle", rss, "<= 7 MiB", 7.0),
        row("  of which anonymous", anonymous, "< 2 MiB", 2.0),
    ]
}

fn mib(rollup: &str, key: &str) -> f64 {
    let line = rollup.lines().find(|line| line.starts_with(key)).unwrap();
    let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib / 1024.0
}
