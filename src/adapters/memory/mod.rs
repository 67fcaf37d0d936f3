//! A container runtime that lives in this process: `nomad-driver-podman run --runtime memory`, the simulation in
//! CI, and the second arm of `tests/contract`, which holds it to what real Podman does.
//!
//! Lives here: containers as tasks on the executor, the programs they run ([`Program`]), their logs, sessions
//! and images, and the hooks of a person or a fault beside the driver ([`MemoryRuntime::pause`],
//! [`MemoryRuntime::crash`]). Must not live here: knowledge of who calls the port, other ways to wait than the
//! clock port and channels (simulations replace time), anything random besides the clock's entropy.
//!
//! | module | holds |
//! | --- | --- |
//! | [`program`], [`syntax`], `text`, `commands` | what a process does: as data, as text, behind a command line |
//! | `process`, `steps`, `control`, `stdio` | one running process: its steps, its signals, its streams |
//! | `world`, `files` | what processes of one container see |
//! | `container`, `lifetime`, `logs`, `exec`, `stats` | one container and what hangs on it |
//! | `images`, `service`, `registry` | what belongs to the runtime as a whole |
//! | [`runtime`], `checks`, `hooks`, `connector` | the port, what it looks at first, and the doors beside it |
//! | `happening` | what is told to who watches the truth |

mod checks;
mod commands;
mod connector;
mod container;
mod control;
mod exec;
mod files;
mod happening;
mod hooks;
mod images;
mod lifetime;
mod logs;
mod process;
pub mod program;
mod registry;
pub mod runtime;
mod service;
mod stats;
mod stdio;
mod steps;
pub mod syntax;
#[cfg(test)]
mod tests;
mod text;
mod world;

pub use commands::{Contents, NoProgram};
pub use connector::MemoryConnector;
pub use happening::{Deed, Happening, Observer};
pub use program::{Program, Step};
pub use runtime::MemoryRuntime;

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The value behind a lock. Nothing panics while holding one, and if it did, the value would still be whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until `ready` has an answer, asking again after each notification. None is missed in between.
async fn until<T>(changed: &Notify, mut ready: impl FnMut() -> Option<T>) -> T {
    loop {
        let mut notified = pin!(changed.notified());
        notified.as_mut().enable();
        if let Some(value) = ready() {
            return value;
        }
        notified.await;
    }
}
