//! The driver in a world made for it: the in-memory Podman, a host that behaves as Nomad does, virtual time, and
//! faults in all of them. One seed is one world; the same seed on the same commit is the same world, step by step.
//!
//! This room puts adapters and the driver together as `main` does, so it may import both. Lives here: what happens
//! in a world, and what must hold there. Must not live here: a rule about tasks, another runtime, or anything that
//! asks the machine for time or chance.
//!
//! | module | holds |
//! | --- | --- |
//! | [`clock`], [`rng`] | time and chance |
//! | [`fault`], [`weather`], [`disaster`], [`faulty`], `failure` | what can go wrong, when it does, and how |
//! | [`host`], [`collector`], [`runner`], [`aftermath`], `success`, [`rpc`], [`task`] | Nomad: its tasks, and what it does with them |
//! | [`truth`], [`endings`], [`trace`], [`logs`] | what is so, what was seen, what the driver says |
//! | [`world`], [`run`], [`plan`] | one world, its course, and what is drawn for a seed |
//! | [`pairs`], [`sweep`], [`command`] | many worlds: every fault and pair, every seed, the command line |

pub mod aftermath;
pub mod clock;
pub mod collector;
pub mod command;
pub mod disaster;
pub mod endings;
mod failure;
pub mod fault;
pub mod faulty;
pub mod host;
pub mod logs;
pub mod pairs;
mod panics;
pub mod plan;
pub mod rng;
pub mod rpc;
pub mod run;
pub mod runner;
mod success;
pub mod sweep;
pub mod task;
pub mod trace;
pub mod truth;
pub mod weather;
pub mod world;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The value behind a lock, whole even if a holder panicked.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
