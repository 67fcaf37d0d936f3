//! A task's life: who it is, what was asked, which step comes next, how it ended, how to find it again.
//!
//! Must not live here: how a step is carried out (`driver`), or how anything is encoded (adapters).

#![deny(clippy::wildcard_enum_match_arm)]

pub mod exit;
pub mod handle;
pub mod identity;
pub mod machine;
pub mod placed;
pub mod recover;
pub mod request;
pub mod status;
pub mod takeover;

pub use exit::{ExitOutcome, ExitRecord};
pub use handle::{Handle, Origin};
pub use identity::{AllocId, TaskId};
pub use machine::{Effect, Input, Machine, Refusal, State};
pub use placed::{PlacedTask, TaskNames};
pub use request::TaskRequest;
pub use status::{FirstLook, Phase, TaskStatus};
