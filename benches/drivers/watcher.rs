//! Who reads a task's log as Nomad's collector does, and who looks at the file that it comes from.

use std::fs::{File, metadata};
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// After a flood comes a line with this; whatever a driver puts before a line, it ends so.
pub const LAST_WORD: &str = "that-was-all";
/// Between two looks at a file's length.
const GLANCE: Duration = Duration::from_millis(1);
/// A file that has not grown for so long grows no more.
const QUIET: Duration = Duration::from_millis(500);

/// What a collector has read.
pub struct Collected {
    pub bytes: u64,
    pub first: Instant,
    pub last: Instant,
}

/// A collector at work; it reads to the end, whoever still listens to it.
pub struct Collector(Receiver<Collected>);

impl Collector {
    /// Waits for the last word.
    pub fn until_end(self, patience: Duration) -> Collected {
        self.0.recv_timeout(patience).expect("the last word of the flood")
    }
}

/// Reads what comes.
pub fn collect(path: PathBuf) -> Collector {
    let (told, heard) = channel();
    thread::spawn(move || read(path, &told));
    Collector(heard)
}

fn read(path: PathBuf, told: &Sender<Collected>) {
    let Ok(mut file) = File::open(path) else { return };
    let (mut bytes, mut first, mut tail) = (0, None, Vec::new());
    let mut piece = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = file.read(&mut piece) {
        let last = Instant::now();
        let first = *first.get_or_insert(last);
        bytes += read as u64;
        tail.extend_from_slice(&piece[..read]);
        tail.drain(..tail.len().saturating_sub(LAST_WORD.len() + 1));
        if tail.trim_ascii_end().ends_with(LAST_WORD.as_bytes()) {
            drop(told.send(Collected { bytes, first, last }));
        }
    }
}

/// How fast a log file grows, whoever reads it.
pub struct Growth(JoinHandle<f64>);

impl Growth {
    /// From now on, until it holds a flood of so many bytes and grows no more.
    pub fn of(file: PathBuf, bytes: u64) -> Self {
        Self(thread::spawn(move || watch(&file, bytes)))
    }

    pub fn seconds(self) -> f64 {
        self.0.join().unwrap()
    }
}

fn watch(file: &std::path::Path, bytes: u64) -> f64 {
    let length = || metadata(file).map_or(0, |file| file.len());
    let (begun, before) = (Instant::now(), length());
    let (mut first, mut last, mut known) = (begun, begun, before);
    // A file that is gone grows no more either.
    while known < bytes || last.elapsed() < QUIET {
        thread::sleep(GLANCE);
        let now = length();
        if now != known {
            last = Instant::now();
            first = if known == before { last } else { first };
            known = now;
        }
        if last.elapsed() > QUIET * 20 {
            break;
        }
    }
    (last - first).as_secs_f64()
}

/// By how many milliseconds lines came late that say when they were written.
pub fn delays(path: PathBuf) -> JoinHandle<Vec<f64>> {
    thread::spawn(move || {
        let Ok(file) = File::open(path) else { return Vec::new() };
        // The Go driver puts a time before what the task wrote.
        let written = |line: String| line.split_whitespace().rev().nth(1)?.parse::<f64>().ok();
        let lines = BufReader::new(file).lines().map_while(Result::ok);
        lines.filter_map(written).map(|at| (uptime() - at).max(0.0) * 1e3).collect()
    })
}

/// Seconds since boot, as the kernel tells everybody.
fn uptime() -> f64 {
    let text = std::fs::read_to_string("/proc/uptime").unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}
