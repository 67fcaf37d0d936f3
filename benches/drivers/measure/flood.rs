//! A task that writes as fast as it can, and one that writes little beside two of those.

use super::end;
use crate::args::Args;
use crate::board::Board;
use crate::session::Session;
use crate::turns::{Figures, in_turn};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What a collector has read.
struct Collected {
    bytes: u64,
    first: Instant,
    last: Instant,
}

pub async fn all(args: &Args, board: &Board) {
    let mib = args.many(64, 8) as u64;
    in_turn(board, "logs", args.many(4, 1), "podman", async |session, _| one_flood(session, mib).await).await;
    in_turn(board, "log delay", args.many(2, 1), "podman", async |session, _| third(session).await).await;
}

async fn one_flood(session: &Session, mib: u64) -> Figures {
    let agent = session.agent().await;
    let task = session.lab.task_without_collectors(&format!("fill out {}", mib << 20));
    let out = collect(task.config.stdout_path.clone().into());
    let _err = collect(task.config.stderr_path.clone().into());
    let meters = session.meters();
    agent.start(&task).await.unwrap();
    agent.exit_code(task.id()).await;
    let out = tokio::task::spawn_blocking(move || out.join().unwrap()).await.unwrap();
    let used = (meters.driver.used(), meters.podman.used());
    agent.destroy(task.id(), false).await.unwrap();
    assert!(out.bytes >= mib << 20, "{} bytes of {} arrived", out.bytes, mib << 20);
    let mb = (mib << 20) as f64 / 1e6;
    let seconds = (out.last - out.first).as_secs_f64();
    let per_mb = |used: Duration| used.as_secs_f64() * 1e3 / mb;
    vec![("log.rate", mb / seconds), ("log.cpu", per_mb(used.0)), ("log.cpu.podman", per_mb(used.1))]
}

/// Reads to the end as Nomad's collector does.
fn collect(path: PathBuf) -> JoinHandle<Collected> {
    thread::spawn(move || {
        let now = Instant::now();
        let mut seen = Collected { bytes: 0, first: now, last: now };
        let Ok(mut file) = File::open(path) else { return seen };
        let mut piece = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = file.read(&mut piece) {
            seen.last = Instant::now();
            if seen.bytes == 0 {
                seen.first = seen.last;
            }
            seen.bytes += read as u64;
        }
        seen
    })
}

/// Lines that say when they were written (by the clock of /proc/uptime, in 10 ms), and when they came.
async fn third(session: &Session) -> Figures {
    const LINES: usize = 40;
    let agent = session.agent().await;
    let mut floods = Vec::new();
    for _ in 0..2 {
        let task = session.lab.task_without_collectors("fill out 2000000000");
        collect(task.config.stdout_path.clone().into());
        collect(task.config.stderr_path.clone().into());
        agent.start(&task).await.unwrap();
        floods.push(task);
    }
    let mut teller = session.lab.task_without_collectors("forever");
    let script = format!("i=0; while [ $i -lt {LINES} ]; do cat /proc/uptime; sleep 0.1; i=$((i+1)); done");
    teller = teller.with(serde_json::json!({ "command": "sh", "args": ["-c", script] }));
    let delays = delays(teller.config.stdout_path.clone().into());
    collect(teller.config.stderr_path.clone().into());
    agent.start(&teller).await.unwrap();
    agent.exit_code(teller.id()).await;
    agent.destroy(teller.id(), false).await.unwrap();
    for task in &floods {
        end(&agent, task.id()).await;
    }
    let delays = tokio::task::spawn_blocking(move || delays.join().unwrap()).await.unwrap();
    assert_eq!(delays.len(), LINES, "lines are missing");
    delays.into_iter().map(|delay| ("log.delay", delay)).collect()
}

fn delays(path: PathBuf) -> JoinHandle<Vec<f64>> {
    thread::spawn(move || {
        let Ok(file) = File::open(path) else { return Vec::new() };
        let lines = std::io::BufRead::lines(std::io::BufReader::new(file));
        // The Go driver puts a time before what the task wrote.
        let written = |line: String| line.split_whitespace().rev().nth(1)?.parse::<f64>().ok();
        lines.map_while(Result::ok).filter_map(written).map(|at| (uptime() - at).max(0.0) * 1e3).collect()
    })
}

/// Seconds since boot, as the kernel tells everybody.
fn uptime() -> f64 {
    let text = std::fs::read_to_string("/proc/uptime").unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}
