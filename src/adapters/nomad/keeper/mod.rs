//! A small process that holds the log FIFOs open while no plugin does.
//!
//! Nomad's reader of a FIFO ends for good when the last writer closes, also when that writer was a plugin that was
//! killed (Nomad plugin protocol 6.2). So each pipe's write end is given to a second process as well, which does
//! nothing but hold it: a new plugin finds the reader where it was and goes on at the byte that the ledger names.
//!
//! Why a holder and not a second process that ships the output: no byte passes through it and it knows nothing of
//! containers, cursors or formats, so it costs nothing while tasks write, needs no upgrade, and its own death loses
//! nothing: the plugin holds every pipe too, starts another holder and hands them over again. Only when both die at
//! once does a reader end, as it would without any of this.
//!
//! ```text
//!   plugin ──── hold /path + descriptor ────▶ keeper         one SOCK_SEQPACKET connection; a message is
//!          ──── release /path ──────────────▶                 one letter and a path, its answer one letter
//!          ◀─── held ───────────────────────
//! ```
//!
//! * While a plugin is connected the keeper holds what it was given until it is released.
//! * A plugin stays connected for some seconds when it has nothing left to be held: the next task may come soon.
//! * While none is, it lets go of every pipe whose reader has gone, and ends when nothing is left.
//! * The socket is in a directory that only we may enter, and both sides make sure that the other is of our user.
//! * A release that speaks otherwise uses another socket name: both keepers may hold the same pipe, and the older
//!   one ends as above.
//!
//! Must not live here: anything about tasks.

mod client;
mod server;
mod wire;

pub use client::Keeper;
pub use server::main;
