//! The plugin as its host sees it: a process that prints one line and a socket that speaks gRPC.

mod host;
mod process;
mod serve;
mod stub;
