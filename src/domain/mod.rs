//! The pure core: what a task is, what its options mean, which step comes next.
//!
//! Lives here: values, rules and decisions, all synchronous and total. Must not live here: async, I/O, wire
//! types, clocks, randomness, or any crate besides `thiserror`; `tests/house` compiles this folder alone to
//! keep it so. Time and paths that rules need are passed in.
//!
//! | module | holds |
//! | --- | --- |
//! | [`task`] | identity, the request, the lifecycle machine, exit outcome, recovery handle |
//! | [`config`] | the option tables, the decoder, typed task and plugin configuration |
//! | [`policy`] | what the operator allows, applied to what a job asks for |
//! | [`container`] | the runtime-neutral container spec and the translation into it |
//! | [`capability`], [`fingerprint`] | what the driver promises and how it feels |
//! | [`log`], [`delivery`], [`last_words`] | a task's output, how far it has got, and how it ended |
//! | [`image`], [`idle`], [`signal`], [`duration`], [`time`], [`stats`], [`secret`], [`limits`], [`mapped`] | one idea each |

pub mod capability;
pub mod config;
pub mod container;
pub mod delivery;
pub mod duration;
pub mod fingerprint;
pub mod idle;
pub mod image;
pub mod last_words;
pub mod limits;
pub mod log;
pub mod mapped;
pub mod policy;
pub mod secret;
pub mod signal;
pub mod stats;
pub mod task;
pub mod time;
