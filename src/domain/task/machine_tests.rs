//! Policies of the lifecycle, one each, then properties over every sequence.

use super::super::exit::ExitRecord;
use super::*;
use proptest::prelude::*;

fn exit(code: i32) -> ExitOutcome {
    ExitOutcome::Known(ExitRecord { code, oom_killed: false, finished_at: None })
}

fn stop(seconds: u64) -> Input {
    Input::Stop { signal: Signal::TERM, grace: Duration::from_secs(seconds) }
}

#[test]
fn a_stop_asks_and_then_kills_when_the_grace_is_over() {
    let mut task = Machine::running(false);
    let asked = task.step(stop(5)).unwrap();
    assert_eq!(asked, [Effect::Signal(Signal::TERM), Effect::StartGrace(Duration::from_secs(5))]);
    assert_eq!(task.step(Input::GraceOver).unwrap(), [Effect::Signal(Signal::KILL)]);
    task.step(Input::Ended(exit(137))).unwrap();
    assert_eq!(task.outcome(), Some(&exit(137)));
}

#[test]
fn a_stop_without_grace_kills_at_once() {
    let mut task = Machine::running(false);
    assert_eq!(task.step(stop(0)).unwrap(), [Effect::Signal(Signal::KILL)]);
}

#[test]
fn a_stop_of_an_ended_task_does_nothing() {
    let mut task = Machine::exited(exit(0), false);
    assert_eq!(task.step(stop(5)).unwrap(), []);
    assert_eq!(task.outcome(), Some(&exit(0)));
}

#[test]
fn a_late_grace_timer_does_not_kill_what_has_ended() {
    let mut task = Machine::running(false);
    task.step(stop(5)).unwrap();
    task.step(Input::Ended(exit(0))).unwrap();
    assert_eq!(task.step(Input::GraceOver).unwrap(), []);
}

#[test]
fn the_first_end_is_never_overwritten() {
    let mut task = Machine::running(false);
    task.step(Input::Ended(exit(3))).unwrap();
    task.step(Input::Ended(exit(0))).unwrap();
    assert_eq!(task.outcome(), Some(&exit(3)));
}

#[test]
fn destroy_of_a_running_task_needs_force() {
    let mut task = Machine::running(false);
    assert_eq!(task.step(Input::Destroy { force: false }), Err(Refusal::StillRunning));
    assert_eq!(task.state(), &State::Running);
    assert_eq!(task.step(Input::Destroy { force: true }).unwrap(), [Effect::Signal(Signal::KILL)]);
    assert_eq!(task.step(Input::Ended(exit(137))).unwrap(), [Effect::Remove]);
    task.step(Input::Removed).unwrap();
    assert_eq!(task.state(), &State::Gone(exit(137)));
}

#[test]
fn a_failed_removal_may_be_asked_for_again() {
    let mut task = Machine::exited(exit(1), false);
    assert_eq!(task.step(Input::Destroy { force: true }).unwrap(), [Effect::Remove]);
    task.step(Input::RemoveFailed).unwrap();
    assert_eq!(task.step(Input::Destroy { force: true }).unwrap(), [Effect::Remove]);
}

#[test]
fn a_kept_container_is_not_removed() {
    let mut task = Machine::exited(exit(1), true);
    assert_eq!(task.step(Input::Destroy { force: true }).unwrap(), []);
    assert_eq!(task.state(), &State::Gone(exit(1)));
}

fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        (0u64..3).prop_map(stop),
        Just(Input::GraceOver),
        (0i32..3).prop_map(|code| Input::Ended(exit(code))),
        any::<bool>().prop_map(|force| Input::Destroy { force }),
        Just(Input::Removed),
        Just(Input::RemoveFailed),
    ]
}

proptest! {
    #[test]
    fn in_every_sequence_an_end_is_recorded_once_and_before_removal(inputs in prop::collection::vec(any_input(), 0..60)) {
        let mut task = Machine::running(false);
        let mut first_end = None;
        for input in inputs {
            let before = task.clone();
            if let Input::Ended(outcome) = &input {
                first_end.get_or_insert_with(|| outcome.clone());
            }
            match task.step(input) {
                Err(_) => prop_assert_eq!(&task, &before),
                Ok(effects) => {
                    let removes = effects.contains(&Effect::Remove);
                    prop_assert!(!removes || task.outcome().is_some(), "removed before its exit was recorded");
                    let signals = effects.iter().any(|effect| matches!(effect, Effect::Signal(_)));
                    prop_assert!(!signals || before.outcome().is_none(), "signalled after its end");
                }
            }
            prop_assert_eq!(task.outcome(), first_end.as_ref());
        }
    }
}
