//! Answers that are reused, and those that are not.

use super::{FRESH, KEPT, Lately};
use crate::adapters::podman::observe::tests::seen;
use crate::domain::container::ContainerState;
use crate::domain::task::identity::ContainerId;
use crate::domain::time::Timestamp;

fn at(nanos: u128) -> Timestamp {
    Timestamp::from_unix_nanos(i64::try_from(nanos).unwrap())
}

fn named(id: usize) -> ContainerId {
    ContainerId::new(id.to_string())
}

fn noted(lately: &Lately, nanos: u128, id: usize) {
    lately.note(at(nanos), seen(&id.to_string(), ContainerState::Running));
}

#[test]
fn an_answer_is_kept_for_a_moment_and_not_over_a_jump_of_the_clock() {
    let lately = Lately::default();
    noted(&lately, 1000, 1);
    assert!(lately.of(at(1000), &named(1)).is_some());
    assert_eq!(lately.of(at(1000), &named(2)), None);
    assert_eq!(lately.of(at(999), &named(1)), None, "the clock went back");
    assert_eq!(lately.of(at(1000 + FRESH.as_nanos()), &named(1)), None, "it is old");
}

#[test]
fn what_is_done_to_a_container_ends_what_was_said_of_it() {
    let lately = Lately::default();
    noted(&lately, 1, 1);
    noted(&lately, 1, 2);
    lately.forget(&named(1));
    assert_eq!(lately.of(at(1), &named(1)), None);
    assert!(lately.of(at(1), &named(2)).is_some());
}

#[test]
fn the_last_answers_are_kept_and_no_more() {
    let lately = Lately::default();
    (0..=KEPT).for_each(|id| noted(&lately, 1, id));
    assert_eq!(lately.of(at(1), &named(0)), None);
    assert!((1..=KEPT).all(|id| lately.of(at(1), &named(id)).is_some()));
    noted(&lately, 1, KEPT);
    assert_eq!(lately.0.lock().unwrap().len(), KEPT, "one answer for each container");
}
