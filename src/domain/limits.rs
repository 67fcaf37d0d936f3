//! Every bound of the driver, by name, with its reason. A bound that only one module can know lives there.

use std::time::Duration;

/// How long RecoverTask may take. Nomad recovers all tasks of a node one after another without a deadline of
/// its own, so one hung Podman must not stall the client's start.
pub const RECOVER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a call that only asks Podman something may take; `info` alone takes a quarter of a second.
pub const QUERY_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a call that changes a container may take. Starting one forks conmon and the OCI runtime, and on a
/// saturated node dozens of them queue behind each other.
pub const CHANGE_TIMEOUT: Duration = Duration::from_secs(120);

/// How long a pull may stay silent before it is given up: registries retry for a few seconds, slow layers
/// produce no line while they download.
pub const PULL_TIMEOUT: Duration = Duration::from_secs(300);

/// How long a credential helper may take to tell an account: some ask a service on the network.
pub const CREDENTIAL_TIMEOUT: Duration = Duration::from_secs(10);

/// Time between two looks at Podman's health. The Go driver uses the same.
pub const FINGERPRINT_INTERVAL: Duration = Duration::from_secs(30);

/// Time between two looks while Podman is away, so that its return is seen soon.
pub const FINGERPRINT_RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// How long one look at Podman's health may take before it counts as unhealthy.
pub const FINGERPRINT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long whoever listens on Docker's socket may take to say what it is. Docker answers within milliseconds, and
/// a report must not wait for it.
pub const SHIM_TIMEOUT: Duration = Duration::from_secs(2);

/// How long InspectTask, and StopTask without a signal, wait for the first look at a container that was just started. It
/// takes Podman some milliseconds.
pub const FIRST_LOOK_TIMEOUT: Duration = Duration::from_secs(2);

/// How long WaitTask waits for the last log lines after the exit of a task.
pub const LOG_DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// So much output within [`LOG_CALM`] is a flood: hundreds of lines. A thousand tasks that stay below it keep one thread
/// busy for a fifth of its time.
pub const LOG_FLOOD_BYTES: usize = 16 * 1024;

/// A flood that pauses for so long is over.
pub const LOG_CALM: Duration = Duration::from_millis(200);

/// How long a recovery waits for a log to say where it stands, and the end of a task for how much of it is left. It is
/// read from a file that is there.
pub const LOG_OPEN_TIMEOUT: Duration = Duration::from_millis(500);

/// How long WaitTask waits for the last words of a task that failed soon after its start.
pub const LAST_WORDS_TIMEOUT: Duration = Duration::from_millis(500);

/// Between two events about output that was dropped. Nomad shows the last ten events of a task: a task that
/// floods must not push all others out.
pub const LOSS_INTERVAL: Duration = Duration::from_secs(60);

/// First pause after a failed call that is worth repeating.
pub const RETRY_FIRST: Duration = Duration::from_millis(100);

/// Longest pause between two tries.
pub const RETRY_LONGEST: Duration = Duration::from_secs(5);

/// Tries of a removal before DestroyTask reports failure: with the pauses above 6 to 12 s.
pub const REMOVE_TRIES: u32 = 8;

/// Pause before a removal that failed is tried anew. The host does not ask again, so we do, for as long as it
/// takes: the container may lend its network to one that is still being stopped, or Podman may be away.
pub const REMOVE_AGAIN: Duration = Duration::from_secs(30);

/// Task events kept for a subscriber that is slower than we are; Nomad itself shows the last ten per task.
pub const EVENT_BACKLOG: usize = 256;

/// Most bytes of each stream that ExecTask returns: script checks show a few lines, and Nomad stores them.
pub const EXEC_OUTPUT_BYTES: usize = 64 * 1024;

/// Longest error text passed on from Podman.
pub const MESSAGE_BYTES: usize = 4096;

/// Time between two looks at what may be left over. A look costs Podman 0.4 ms per container.
pub const REAP_INTERVAL: Duration = Duration::from_secs(60);

/// The same when an operator has chosen a grace shorter than that.
pub const REAP_INTERVAL_MIN: Duration = Duration::from_secs(1);

/// Looks for the container of a failed start before it counts as never made: with pauses of up to 5 s more than
/// [`CHANGE_TIMEOUT`], by when a service that carries out late has carried out.
pub const LEFTOVER_ABSENT_LOOKS: u32 = 40;

/// Looks in all, Podman's absences included: about an hour. What comes later is left to the reaper.
pub const LEFTOVER_LOOKS: u32 = 1000;

/// Creates and starts that one Podman carries out at once. Each forks conmon and the OCI runtime and takes Podman's
/// locks; more at once make all of them slower, and none is done sooner.
pub const STARTS_AT_ONCE: usize = 8;

/// Signals at once, apart from all else: Podman passes one on within milliseconds, and a task that is to die must not
/// wait for others to be removed.
pub const SIGNALS_AT_ONCE: usize = 8;

/// Removals at once, beside the starts: what ends makes room.
pub const ENDS_AT_ONCE: usize = 8;

/// Questions and commands inside containers at once; one costs Podman about a millisecond.
pub const QUESTIONS_AT_ONCE: usize = 32;

/// Pulls of different images at once; each has several connections to its registry.
pub const PULLS_AT_ONCE: usize = 4;

/// Lines of a pull that a slow listener may fall behind.
pub const PULL_LINES: usize = 64;

/// Calls in a row without an answer in time after which Podman is left alone.
pub const BREAKER_TIMEOUTS: u32 = 3;

/// For how long, before one call tries again.
pub const BREAKER_REST: Duration = Duration::from_secs(10);
