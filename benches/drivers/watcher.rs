//! Who reads a task's log as Nomad's collector does, and who looks at the file that it comes from.

use nomad_driver_podman::adapters::system::urgent;
use rustix::fs::OFlags;
use std::fs::{File, metadata};
use std::io::{BufRead, Read};
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

/// Nobody waits longer for lines that come ten times a second.
const LONGEST: Duration = Duration::from_secs(60);

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
#[derive(Default)]
pub struct Delays {
    /// In the hands of the collector.
    pub collected: Vec<f64>,
    /// In the file that Podman writes; empty if there is none.
    pub bare: Vec<f64>,
}

/// So many lines, looked for in both places by one thread: when the machine holds it up, neither is late by that. It is
/// told the file, if there is one, once the container is there.
pub fn delays(collector: PathBuf, file: Receiver<Option<PathBuf>>, lines: usize) -> JoinHandle<Delays> {
    thread::spawn(move || {
        // What is measured shall not be how long this thread waits for its turn, which on a busy machine can be seconds.
        urgent::go_first();
        let mut delays = Delays::default();
        let Ok(collector) = File::open(collector) else { return delays };
        rustix::fs::fcntl_setfl(&collector, OFlags::NONBLOCK).unwrap();
        let file = file.recv().ok().flatten().and_then(|file| File::open(file).ok());
        let (mut collector, mut file) = (Lines::of(collector), file.map(Lines::of));
        let begun = Instant::now();
        while delays.collected.len() < lines && begun.elapsed() < LONGEST {
            delays.collected.extend(collector.late_by());
            delays.bare.extend(file.iter_mut().flat_map(Lines::late_by));
            thread::sleep(GLANCE);
        }
        delays
    })
}

/// What can be read at once.
struct Lines {
    from: File,
    /// A line whose end is missing.
    begun: Vec<u8>,
}

impl Lines {
    fn of(from: File) -> Self {
        Self { from, begun: Vec::new() }
    }

    /// The delays of the lines that have come.
    fn late_by(&mut self) -> Vec<f64> {
        // An error is nothing to read for now.
        drop(self.from.read_to_end(&mut self.begun));
        let whole = self.begun.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let lines: Vec<u8> = self.begun.drain(..whole).collect();
        lines.lines().map_while(Result::ok).filter_map(|line| late_by(&line)).collect()
    }
}

/// By how many milliseconds a line comes late that ends with what was read of /proc/uptime when it was written. Some
/// drivers put a time before what the task wrote, and so does Podman in its file.
fn late_by(line: &str) -> Option<f64> {
    let written = line.split_whitespace().rev().nth(1)?.parse::<f64>().ok()?;
    Some((uptime() - written).max(0.0) * 1e3)
}

/// Seconds since boot, as the kernel tells everybody.
fn uptime() -> f64 {
    let text = std::fs::read_to_string("/proc/uptime").unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}
