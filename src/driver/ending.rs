//! What is told about the end of a task, before the end itself is reported: the host stops listening then.

use super::events::Events;
use crate::domain::container::ContainerFacts;
use crate::domain::last_words::{Private, last_lines};
use crate::domain::limits::LAST_WORDS_TIMEOUT;
use crate::ports::ContainerRuntime;
use crate::ports::clock::within;
use std::time::Duration;

/// A task that fails so soon after its start has most likely said why.
const YOUNG: Duration = Duration::from_secs(10);

/// Tells why it ended, as far as that is of interest and not `private`. `asked` if the host wanted it to end.
pub async fn tell(
    runtime: &dyn ContainerRuntime,
    events: &Events<'_>,
    facts: &ContainerFacts,
    (asked, private): (bool, &Private),
) {
    let failed = facts.exit_code != Some(0);
    let young = lived(facts, events).filter(|lived| failed && !asked && *lived < YOUNG);
    let words = match young {
        // Nobody waits long for words: the end is worth more.
        Some(_) => within(events.clock, LAST_WORDS_TIMEOUT, runtime.last_words(&facts.id)).await.ok(),
        None => None,
    };
    // From here on nothing is waited for: a plugin that is killed has told all or nothing.
    tell_of_memory(events, facts);
    if let (Some(lived), Some(Ok(bytes))) = (young, words) {
        events.died_young(facts.exit_code, lived, &last_lines(&bytes, private));
    }
}

/// All that is told of an end that was found: why it came, whoever was there may have told.
pub fn tell_of_memory(events: &Events<'_>, facts: &ContainerFacts) {
    if facts.oom_killed {
        events.out_of_memory(facts);
    }
}

fn lived(facts: &ContainerFacts, events: &Events<'_>) -> Option<Duration> {
    let ended = facts.finished_at.unwrap_or_else(|| events.clock.now());
    facts.started_at.map(|started| ended.since(started))
}
