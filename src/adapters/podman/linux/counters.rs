//! CPU and memory counters from the files of a control group (kernel docs: cgroup-v1/cpuacct, cgroup-v1/memory,
//! cgroup-v2).
//!
//! The files stay open between samples: reading one again costs 1 µs, opening it 6 more (cgroup v1). What is open
//! names this very group: once the group is gone every read of it fails with ENODEV.

use super::cgroup::Cgroup;
use crate::domain::stats::{MemoryUsage, StatsSample};
use crate::domain::time::Timestamp;
use rustix::io::pread;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::path::Path;

/// The kernel counts CPU time of version 1's `cpuacct.stat` in ticks of 1/100 s on every architecture.
const NANOS_PER_TICK: u64 = 10_000_000;
const NANOS_PER_MICRO: u64 = 1_000;

/// Larger than any of the files: version 2's `memory.stat` has some sixty lines, about 2 KiB.
const FILE_BYTES: usize = 4096;

/// For what stands in a file. Not made empty first: ten files are read for each task and second.
type Room = [MaybeUninit<u8>; FILE_BYTES];
const ROOM: Room = [MaybeUninit::uninit(); FILE_BYTES];

/// The counters of one control group.
#[derive(Debug)]
pub enum Counters {
    /// Version 1.
    V1(V1),
    /// Version 2.
    V2(V2),
}

/// Files of version 1.
#[derive(Debug)]
pub struct V1 {
    total: Counter,
    user: Counter,
    system: Counter,
    /// Only where the kernel (before 4.6) has none of the two above.
    ticks: Counter,
    throttling: Counter,
    memory: Counter,
    usage: Counter,
    max_usage: Counter,
    kernel: Counter,
    kernel_max: Counter,
}

/// Files of version 2.
#[derive(Debug)]
pub struct V2 {
    cpu: Counter,
    memory: Counter,
    usage: Counter,
    max_usage: Counter,
    swap: Counter,
}

impl Counters {
    /// Opens what there is. A file that this kernel does not have is not measured, which is no error.
    ///
    /// # Errors
    /// `NotFound` when the group is gone: the container has ended. The process has no descriptors left.
    pub fn open(cgroup: &Cgroup) -> io::Result<Self> {
        let opened = match cgroup {
            Cgroup::V1(_) => Self::V1(V1::open(cgroup)?),
            Cgroup::V2(dir) => Self::V2(V2::open(dir)?),
        };
        // Gone while they were opened: what was not there yet may have been there before.
        let memory = cgroup.dir("memory").ok_or(io::ErrorKind::NotFound)?;
        std::fs::metadata(memory).map(|_| opened)
    }

    /// Reads all of them.
    ///
    /// # Errors
    /// `NotFound` when the group is gone, also in the middle: a sample is whole or none.
    pub fn read(&self, at: Timestamp) -> io::Result<StatsSample> {
        let sample = match self {
            Self::V1(files) => files.read(at),
            Self::V2(files) => files.read(at),
        };
        sample.map_err(|_| io::ErrorKind::NotFound.into())
    }
}

impl V1 {
    fn open(cgroup: &Cgroup) -> io::Result<Self> {
        let file = |controller, name| Counter::open(cgroup.dir(controller), name);
        let user = file("cpuacct", "cpuacct.usage_user")?;
        let ticks = if user.is_there() { Counter::default() } else { file("cpuacct", "cpuacct.stat")? };
        Ok(Self {
            total: file("cpuacct", "cpuacct.usage")?,
            user,
            system: file("cpuacct", "cpuacct.usage_sys")?,
            ticks,
            throttling: file("cpu", "cpu.stat")?,
            memory: file("memory", "memory.stat")?,
            usage: file("memory", "memory.usage_in_bytes")?,
            max_usage: file("memory", "memory.max_usage_in_bytes")?,
            kernel: file("memory", "memory.kmem.usage_in_bytes")?,
            kernel_max: file("memory", "memory.kmem.max_usage_in_bytes")?,
        })
    }

    fn read(&self, at: Timestamp) -> io::Result<StatsSample> {
        let (mut ticks, mut throttling, mut memory) = (ROOM, ROOM, ROOM);
        let ticks = self.ticks.text(&mut ticks)?;
        let (throttling, memory) = (self.throttling.text(&mut throttling)?, self.memory.text(&mut memory)?);
        let tick_ns = |key| ticks.key(key).map(|ticks| ticks.saturating_mul(NANOS_PER_TICK));
        Ok(StatsSample {
            at,
            cpu_total_ns: self.total.number()?,
            cpu_user_ns: self.user.number()?.or_else(|| tick_ns("user")),
            cpu_system_ns: self.system.number()?.or_else(|| tick_ns("system")),
            throttled_periods: throttling.key("nr_throttled"),
            throttled_ns: throttling.key("throttled_time"),
            memory: MemoryUsage {
                rss: memory.key("total_rss").or_else(|| memory.key("rss")),
                cache: memory.key("total_cache").or_else(|| memory.key("cache")),
                swap: memory.key("total_swap").or_else(|| memory.key("swap")),
                usage: self.usage.number()?,
                max_usage: self.max_usage.number()?,
                kernel: self.kernel.number()?,
                kernel_max: self.kernel_max.number()?,
            },
        })
    }
}

impl V2 {
    fn open(dir: &Path) -> io::Result<Self> {
        let file = |name| Counter::open(Some(dir), name);
        Ok(Self {
            cpu: file("cpu.stat")?,
            memory: file("memory.stat")?,
            usage: file("memory.current")?,
            max_usage: file("memory.peak")?,
            swap: file("memory.swap.current")?,
        })
    }

    fn read(&self, at: Timestamp) -> io::Result<StatsSample> {
        let (mut cpu, mut memory) = (ROOM, ROOM);
        let (cpu, memory) = (self.cpu.text(&mut cpu)?, self.memory.text(&mut memory)?);
        let micros = |key| cpu.key(key).map(|micros| micros.saturating_mul(NANOS_PER_MICRO));
        Ok(StatsSample {
            at,
            cpu_total_ns: micros("usage_usec"),
            cpu_user_ns: micros("user_usec"),
            cpu_system_ns: micros("system_usec"),
            throttled_periods: cpu.key("nr_throttled"),
            throttled_ns: micros("throttled_usec"),
            memory: MemoryUsage {
                rss: memory.key("anon"),
                cache: memory.key("file"),
                swap: self.swap.number()?,
                usage: self.usage.number()?,
                max_usage: self.max_usage.number()?,
                kernel: memory.key("kernel"),
                kernel_max: None,
            },
        })
    }
}

/// One counter file; none where the kernel has no such file.
#[derive(Debug, Default)]
struct Counter(Option<File>);

impl Counter {
    fn open(dir: Option<&Path>, name: &str) -> io::Result<Self> {
        match dir.map(|dir| File::open(dir.join(name))) {
            Some(Ok(file)) => Ok(Self(Some(file))),
            // Others than "not there" must not read as "not measured": no descriptors left, for instance.
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Some(Err(_)) | None => Ok(Self(None)),
        }
    }

    fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// What stands in it; empty if there is none.
    fn text<'a>(&self, room: &'a mut Room) -> io::Result<Text<'a>> {
        let Some(file) = &self.0 else { return Ok(Text("")) };
        let (bytes, _) = pread(file, room, 0)?;
        Ok(Text(str::from_utf8(bytes).unwrap_or_default()))
    }

    fn number(&self) -> io::Result<Option<u64>> {
        Ok(self.text(&mut { ROOM })?.0.trim().parse().ok())
    }
}

/// What stands in a counter file.
struct Text<'a>(&'a str);

impl Text<'_> {
    fn key(&self, key: &str) -> Option<u64> {
        let value = |line: &str| line.strip_prefix(key)?.strip_prefix(' ')?.trim().parse().ok();
        self.0.lines().find_map(value)
    }
}

#[cfg(test)]
#[path = "counters_tests.rs"]
mod tests;
