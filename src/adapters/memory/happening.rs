//! What truly happens to containers, told to who wants to know: a simulation compares it with what is reported.

use super::container::Container;
use crate::domain::container::ContainerFacts;
use std::sync::Arc;

/// What has just happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It was made.
    Created,
    /// Its first process began.
    Started,
    /// Its first process ended so; whether that is on record is another matter.
    Ended {
        /// Exit code, 128 + signal.
        code: i32,
        /// For want of memory.
        oom: bool,
    },
    /// Its record was taken away.
    Removed,
    /// It was sent a signal.
    Signalled,
}

/// One deed and the container after it.
#[derive(Debug, Clone)]
pub struct Happening {
    /// What was done.
    pub deed: Deed,
    /// The container as anybody would see it now.
    pub facts: ContainerFacts,
}

/// Is told each happening at once, in order. Must not call the runtime.
pub type Observer = Arc<dyn Fn(&Happening) + Send + Sync>;

impl Container {
    pub(super) fn tell(&self, deed: Deed) {
        if let Some(observer) = &self.observer {
            observer(&Happening { deed, facts: self.facts() });
        }
    }
}
