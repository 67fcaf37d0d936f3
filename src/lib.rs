//! A Nomad task driver for Podman whose rules live in a pure domain, which asks Podman only to change things
//! and asks the kernel what is, and whose in-memory runtime is held to the same contract as the real ones.
//!
//! # Rooms
//!
//! ```text
//!   Nomad agent                                         a person
//!       │ gRPC over a private socket                        │ command line
//!       ▼                                                   ▼
//!  adapters::nomad ─────────────┐            ┌────── adapters::cli
//!                               ▼            ▼
//!                              driver (Nomad's verbs, one owner per container)
//!                               │     │
//!                     ports ◄───┘     └───► domain (rules; no I/O, no async, no clock)
//!                       ▲
//!       ┌───────────────┼──────────────────┐
//!  adapters::podman  adapters::memory  adapters::system, credentials
//!  rest, varlink, …  in-memory runtime  the real clock, registry accounts
//! ```
//!
//! `simulation` puts the same parts together in memory, with virtual time and faults in every call: one seed is
//! one world.
//!
//! Imports run one way: `main -> adapters, driver -> ports -> domain`; adapters never import each other. Tests
//! in `tests/house` hold all of this.
//!
//! # Architecture invariants
//!
//! * Change through Podman, observe through the kernel: exits by pidfd, stats by cgroup files, logs by the file
//!   that conmon writes. No per-task polling of the Podman service.
//! * Output is delivered before it is forgotten: the runtime's log is the buffer, a ledger names the byte to go on
//!   at, and a keeper holds Nomad's pipes open while no plugin does ([`adapters::nomad::keeper`]).
//! * A task that floods its log delays no other's lines: those of quiet tasks are carried first
//!   ([`ports::NomadHost::promptly`]), by a thread that neither computes for long nor waits for a disk.
//! * An exit is reported once and truly, or as an explicit unknown; never 0 for "unknown". Nothing is removed
//!   before its exit is on record.
//! * Every container carries ownership labels; one without them is never signalled or removed. Only storage that has a
//!   task's name and belongs to no container is, before a start of that task: nothing can be read of it.
//! * The recovery handle needs nothing from Nomad's driver config and holds no secret.
//! * Each option is one row of a table; schema, decoder and messages derive from it.
//! * A port never reveals which adapter is behind it; the contract suite runs the same cases on all of them.
//! * Refused is not failed: each error says whether the same request may succeed later, and the host is told.
//! * Everything has a limit with a name and a reason ([`domain::limits`]).

pub mod adapters;
pub mod domain;
pub mod driver;
pub mod ports;
#[cfg(feature = "cli")]
pub mod simulation;
