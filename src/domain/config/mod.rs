//! What operators and job authors may write, and what it means.
//!
//! Lives here: the option tables (one row per option, one file per topic), the decoder they drive, the grammars
//! of single values, and the typed configurations. Must not live here: HCL or msgpack (adapters turn both into a
//! [`Value`]), or what an option becomes in a container (`domain::container`).
//!
//! Adding an option is one [`OptionRow`] in [`task_options`] or [`plugin_options`] and one line where its typed
//! struct is filled; [`reference`] then writes it into `docs/reference.md`.

pub mod check;
pub mod docker;
pub mod gc;
pub mod grammar;
pub mod plugin;
pub mod plugin_options;
pub mod policy;
pub mod policy_options;
pub mod problem;
pub mod reader;
pub mod reference;
pub mod row;
pub mod suggest;
pub mod task;
pub mod task_options;
pub mod together;
pub mod value;

pub use plugin::PluginConfig;
pub use problem::{Problem, Problems};
pub use row::{Kind, OptionRow};
pub use task::TaskConfig;
pub use value::Value;
