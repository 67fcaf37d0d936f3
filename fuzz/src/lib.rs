//! What the targets try, apart from how they are run.

pub mod entries;
