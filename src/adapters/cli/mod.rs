//! The command line for a person.

pub mod jobfile;
