//! The command line for a person: plays a job as a host of one node would, through the same driver.
//!
//! Lives here: arguments, the reader of job files, the host's part of a task's life (allocation directories,
//! ports, restarts, lifecycle order), and the timeline. Must not live here: what the driver does with a task,
//! or which runtime is behind it: `main` puts a driver together and hands it in as [`tasks::Tasks`].
//!
//! | module | holds |
//! | --- | --- |
//! | [`args`], [`usage`], [`entry`] | the command line, what is said without one, and the exit status |
//! | [`jobfile`] | from HCL to a job whose values know their lines |
//! | [`convert`] | the `convert` subcommand: jobs of the Docker driver for Podman |
//! | [`schema`] | the `schema` subcommand: the option tables |
//! | [`validate`] | the `validate` subcommand: what is wrong with a job file |
//! | [`session`] | the `run` subcommand as a whole |
//! | [`simulate`] | the arguments of the `simulate` subcommand, which is a room of its own |
//! | [`plan`], [`alloc`], [`environment`] | what will be played, checked before anything starts |
//! | [`run`], [`stage`], [`restart`] | playing it: who may run, who is started again, who is stopped |
//! | [`output`], [`colour`], [`mod@line`], [`host`], [`summary`] | what is seen of it |

pub mod alloc;
pub mod args;
pub mod colour;
pub mod convert;
mod driver;
pub mod entry;
pub mod environment;
pub mod host;
pub mod jobfile;
pub mod line;
pub mod output;
pub mod plan;
pub mod restart;
pub mod run;
pub mod schema;
pub mod session;
pub mod simulate;
pub mod stage;
pub mod summary;
mod task_run;
pub mod tasks;
pub mod usage;
pub mod validate;

#[cfg(test)]
mod testing;
