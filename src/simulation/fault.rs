//! Every kind of fault, where it can strike, and what it is.

/// The calls of the runtime port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the method of its name")]
pub enum Op {
    Probe,
    Pull,
    ImageId,
    RemoveImage,
    Create,
    Start,
    Inspect,
    Wait,
    Signal,
    Remove,
    List,
    Stats,
    Logs,
    Exec,
    /// None of the runtime's: a write to the host's log collector.
    Write,
}

impl Op {
    /// Whether it changes something.
    pub fn changes(self) -> bool {
        match self {
            Self::Pull
            | Self::RemoveImage
            | Self::Create
            | Self::Start
            | Self::Signal
            | Self::Remove
            | Self::Exec
            | Self::Write => true,
            Self::Probe
            | Self::ImageId
            | Self::Inspect
            | Self::Wait
            | Self::List
            | Self::Stats
            | Self::Logs => false,
        }
    }
}

/// Moments in the life of a task at which the world, or the host, can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Its container is about to be asked for.
    BeforeStart,
    /// It has just been reported as running.
    Started,
    /// It has run for a while.
    Running,
    /// It is about to be stopped.
    BeforeStop,
    /// A stop is on its way.
    Stopping,
    /// Its end has been reported.
    Ended,
    /// It is about to be recovered.
    Recovering,
}

/// All moments.
pub const MOMENTS: &[Moment] = &[
    Moment::BeforeStart,
    Moment::Started,
    Moment::Running,
    Moment::BeforeStop,
    Moment::Stopping,
    Moment::Ended,
    Moment::Recovering,
];

/// Where a kind can strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At these calls of the runtime.
    Calls(&'static [Op]),
    /// In the world, at any moment.
    World,
    /// In the host, at these moments.
    Host(&'static [Moment]),
}

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the table below says what each is")]
pub enum Fault {
    Refused,
    Hang,
    HangAfter,
    Slow,
    RequestLost,
    ReplyLost,
    ServerError,
    ServerErrorAfter,
    Conflict,
    Malformed,
    NoSpace,
    StaleRead,
    StreamReset,
    StreamStuck,
    WaitLate,
    WaitReset,
    WaitEarly,
    PullStall,
    PullDenied,
    PullPartial,
    ImagePruned,
    KilledBefore,
    KilledAfter,
    PodmanRestart,
    PodmanAway,
    ConmonKilled,
    Reboot,
    HumanRemove,
    HumanPause,
    HumanRestart,
    HumanKill,
    OutOfMemory,
    NameTaken,
    PluginKilled,
    ClockJump,
    RpcCancelled,
    RpcRepeated,
    RpcOutOfOrder,
    LogReaderStuck,
    LogReaderGone,
    HandleCorrupted,
    HandleSwapped,
    RpcOverlapping,
    StatsReaderStuck,
}

/// One row: the kind, its name, where it strikes, what it is.
pub struct Row(pub Fault, pub &'static str, pub Place, pub &'static str);

use Fault as F;
use Op::{
    Create, Exec, ImageId, Inspect, List, Logs, Probe, Pull, Remove, RemoveImage, Signal, Start, Stats, Wait,
    Write,
};
use Place::{Calls, Host, World};

/// What the plugin can be killed after.
const FINISHED: &[Op] = &[
    Probe,
    Pull,
    ImageId,
    RemoveImage,
    Create,
    Start,
    Inspect,
    Signal,
    Remove,
    List,
    Stats,
    Logs,
    Exec,
    Wait,
    Write,
];
/// What it can be killed before: calls.
const PASSED: &[Op] = all_but_last(FINISHED);
/// Calls that are answered soon.
const ANSWERED: &[Op] = all_but_last(PASSED);
const CHANGES: &[Op] = &[RemoveImage, Create, Start, Signal, Remove];
const SERVED: &[Op] =
    &[Probe, ImageId, RemoveImage, Create, Start, Inspect, Signal, Remove, List, Stats, Exec];

/// The table. `nomad-driver-podman simulate --list-faults` prints it.
#[rustfmt::skip]
pub const FAULTS: &[Row] = &[
    Row(F::Refused, "refused", Calls(ANSWERED), "the connection is refused; nothing has happened"),
    Row(F::Hang, "hang", Calls(SERVED), "no answer until the call's deadline; nothing has happened"),
    Row(F::HangAfter, "hang-after", Calls(CHANGES), "no answer until the call's deadline, though it was done"),
    Row(F::Slow, "slow", Calls(ANSWERED), "the answer takes up to 25 s"),
    Row(F::RequestLost, "request-lost", Calls(CHANGES), "the connection breaks before the request arrives"),
    Row(F::ReplyLost, "reply-lost", Calls(CHANGES), "the connection breaks after the request was carried out"),
    Row(F::ServerError, "server-error", Calls(ANSWERED), "status 500; nothing has happened"),
    Row(F::ServerErrorAfter, "server-error-after", Calls(CHANGES), "status 500, though it was done"),
    Row(F::Conflict, "conflict", Calls(&[RemoveImage, Create, Start, Signal]), "status 409, without a reason that would last"),
    Row(F::Malformed, "malformed", Calls(SERVED), "an answer that cannot be read; changes were carried out"),
    Row(F::NoSpace, "no-space", Calls(&[Pull, Create, Start]), "no space left on the device"),
    Row(F::StaleRead, "stale-read", Calls(&[Inspect, List]), "an answer from before the last change"),
    Row(F::StreamReset, "stream-reset", Calls(&[Logs, Exec]), "a stream of output breaks in the middle"),
    Row(F::StreamStuck, "stream-stuck", Calls(&[Logs, Exec]), "a stream of output stands still for ever"),
    Row(F::WaitLate, "wait-late", Calls(&[Wait]), "an end is told a minute late: its event was missed"),
    Row(F::WaitReset, "wait-reset", Calls(&[Wait]), "the watch on a container breaks"),
    Row(F::WaitEarly, "wait-early", Calls(&[Wait]), "an end is told of a container that runs: a wrong event"),
    Row(F::PullStall, "pull-stall", Calls(&[Pull]), "a pull stands still until it is given up"),
    Row(F::PullDenied, "pull-denied", Calls(&[Pull]), "the registry says 401"),
    Row(F::PullPartial, "pull-partial", Calls(&[Pull]), "the registry goes away within a layer"),
    Row(F::ImagePruned, "image-pruned", Calls(&[Create]), "somebody prunes the image just before"),
    Row(F::KilledBefore, "killed-before", Calls(PASSED), "the plugin is killed just before a call"),
    Row(F::KilledAfter, "killed-after", Calls(FINISHED), "the plugin is killed between a call, or a write to the log collector, and its answer"),
    Row(F::PodmanRestart, "podman-restart", World, "the Podman service restarts; containers live on"),
    Row(F::PodmanAway, "podman-away", World, "the Podman service is away for ten minutes"),
    Row(F::ConmonKilled, "conmon-killed", World, "a container's conmon is killed: its end has no record"),
    Row(F::Reboot, "reboot", World, "the machine restarts"),
    Row(F::HumanRemove, "human-remove", World, "somebody removes a container"),
    Row(F::HumanPause, "human-pause", World, "somebody freezes a container for a while"),
    Row(F::HumanRestart, "human-restart", World, "somebody restarts a container"),
    Row(F::HumanKill, "human-kill", World, "somebody kills a container"),
    Row(F::OutOfMemory, "out-of-memory", World, "the kernel kills a container's first process"),
    Row(F::NameTaken, "name-taken", World, "somebody's own container has the name of a task's"),
    Row(F::PluginKilled, "plugin-killed", World, "the plugin is killed, and started again by its host"),
    Row(F::ClockJump, "clock-jump", World, "the wall clock jumps by up to a day"),
    Row(F::RpcCancelled, "rpc-cancelled", Host(&[Moment::BeforeStart, Moment::BeforeStop, Moment::Ended, Moment::Recovering]), "the host gives a request up and repeats it"),
    Row(F::RpcRepeated, "rpc-repeated", Host(&[Moment::BeforeStart, Moment::BeforeStop, Moment::Ended, Moment::Recovering]), "the host sends a request twice at once"),
    Row(F::RpcOutOfOrder, "rpc-out-of-order", Host(&[Moment::BeforeStart, Moment::Started, Moment::Ended]), "the host asks for what cannot be done now"),
    Row(F::LogReaderStuck, "log-reader-stuck", Host(&[Moment::BeforeStart, Moment::Running, Moment::BeforeStop]), "the host's log collector stands still"),
    Row(F::LogReaderGone, "log-reader-gone", Host(&[Moment::BeforeStart, Moment::Running, Moment::BeforeStop]), "the host's log collector is away"),
    Row(F::HandleCorrupted, "handle-corrupted", Host(&[Moment::Recovering]), "the stored handle of a task is damaged"),
    Row(F::HandleSwapped, "handle-swapped", Host(&[Moment::Recovering]), "a task is recovered with the handle of another container"),
    Row(F::RpcOverlapping, "rpc-overlapping", Host(&[Moment::BeforeStart, Moment::Recovering]), "the host stops and destroys a task while it is being started or recovered"),
    Row(F::StatsReaderStuck, "stats-reader-stuck", Host(&[Moment::Running]), "the host opens a stream of usage and does not read it"),
];

const fn all_but_last(ops: &'static [Op]) -> &'static [Op] {
    match ops.split_last() {
        Some((_, rest)) => rest,
        None => ops,
    }
}

impl Fault {
    fn row(self) -> Option<&'static Row> {
        FAULTS.iter().find(|row| row.0 == self)
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        self.row().map_or("", |row| row.1)
    }

    /// Where it can strike.
    pub fn place(self) -> Place {
        self.row().map_or(World, |row| row.2)
    }

    /// The kind of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        FAULTS.iter().find(|row| row.1 == name).map(|row| row.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_has_one_row_and_one_name() {
        let kinds: BTreeSet<Fault> = FAULTS.iter().map(|row| row.0).collect();
        let names: BTreeSet<&str> = FAULTS.iter().map(|row| row.1).collect();
        assert_eq!((kinds.len(), names.len()), (FAULTS.len(), FAULTS.len()));
        // The last of the enum: a kind without a row would be one that never strikes.
        assert_eq!(kinds.len(), Fault::StatsReaderStuck as usize + 1);
    }

    #[test]
    fn names_lead_back() {
        for Row(fault, name, ..) in FAULTS {
            assert_eq!(Fault::of_name(name), Some(*fault));
        }
    }
}
