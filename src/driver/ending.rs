//! What is told about the end of a task, before the end itself is reported: the host stops listening then.

use super::events::Events;
use crate::domain::container::ContainerFacts;
use crate::domain::last_words::last_lines;
use crate::domain::limits::LAST_WORDS_TIMEOUT;
use crate::ports::ContainerRuntime;
use crate::ports::clock::within;
use std::time::Duration;

/// A task that fails so soon after its start has most likely said why.
const YOUNG: Duration = Duration::from_secs(10);

/// Tells why it ended, as far as that is of interest. `asked` if the host wanted it to end.
pub async fn tell(runtime: &dyn ContainerRuntime, events: &Events<'_>, facts: &ContainerFacts, asked: bool) {
    if facts.oom_killed {
        events.out_of_memory(facts);
    }
    let failed = facts.exit_code != Some(0);
    let Some(lived) = lived(facts, events).filter(|lived| failed && !asked && *lived < YOUNG) else { return };
    // Nobody waits long for words: the end is worth more.
    let words = within(events.clock, LAST_WORDS_TIMEOUT, runtime.last_words(&facts.id)).await;
    if let Ok(Ok(bytes)) = words {
        events.died_young(facts.exit_code, lived, &last_lines(&bytes, &events.task.env));
    }
}

fn lived(facts: &ContainerFacts, events: &Events<'_>) -> Option<Duration> {
    let ended = facts.finished_at.unwrap_or_else(|| events.clock.now());
    facts.started_at.map(|started| ended.since(started))
}
