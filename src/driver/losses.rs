//! Output that was given up because nobody took it: counted, and told once per burst.

use super::Shared;
use crate::domain::limits::LOSS_INTERVAL;
use crate::domain::task::PlacedTask;
use crate::domain::time::Timestamp;
use std::sync::Arc;

/// What one task has lost and its host does not know yet.
pub struct Losses {
    shared: Arc<Shared>,
    task: Arc<PlacedTask>,
    bytes: u64,
    told_at: Option<Timestamp>,
}

impl Losses {
    /// Nothing so far.
    pub fn new(shared: Arc<Shared>, task: Arc<PlacedTask>) -> Self {
        Self { shared, task, bytes: 0, told_at: None }
    }

    /// Tells the first loss at once, and what comes after it together.
    pub fn add(&mut self, bytes: u64) {
        self.bytes += bytes;
        let now = self.shared.clock.now();
        if self.told_at.is_none_or(|told| now.since(told) >= LOSS_INTERVAL) {
            self.tell();
        }
    }

    /// Tells what is not told yet.
    pub fn tell(&mut self) {
        if self.bytes == 0 {
            return;
        }
        self.shared.events(&*self.task).log_dropped(std::mem::take(&mut self.bytes));
        self.told_at = Some(self.shared.clock.now());
    }

    /// The task has ended, and so many bytes of its log are left that nobody took; `None` if that is not known.
    pub fn cut(&self, bytes: Option<u64>) {
        if bytes != Some(0) {
            self.shared.events(&*self.task).log_cut(bytes);
        }
    }

    /// Nothing more can be read of its log.
    pub fn gone(&self, reason: &str) {
        self.shared.events(&*self.task).log_gone(reason);
    }
}
