//! Every (state, input) pair of the machine is a transition, a no-op or a typed refusal: the whole table.

use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::domain::task::{Effect, ExitOutcome, ExitRecord, Input, Machine, Refusal, State};
use proptest::prelude::*;
use std::time::Duration;

const GRACE: Duration = Duration::from_secs(5);

fn exit(code: i32) -> ExitOutcome {
    ExitOutcome::Known(ExitRecord { code, oom_killed: false, finished_at: None })
}

fn inputs() -> Vec<(&'static str, Input)> {
    let stop = |signal, grace| Input::Stop { signal, grace };
    vec![
        ("stop", stop(Signal::TERM, GRACE)),
        ("stop now", stop(Signal::TERM, Duration::ZERO)),
        ("stop by kill", stop(Signal::KILL, GRACE)),
        ("grace over", Input::GraceOver),
        ("ended", Input::Ended(exit(3))),
        ("destroy", Input::Destroy { force: false }),
        ("destroy by force", Input::Destroy { force: true }),
        ("removed", Input::Removed),
        ("remove failed", Input::RemoveFailed),
    ]
}

/// A short word for a state.
fn word(state: &State) -> &'static str {
    match state {
        State::Running => "running",
        State::Stopping => "stopping",
        State::Killing { remove: false } => "killing",
        State::Killing { remove: true } => "killing to remove",
        State::Exited(_) => "exited",
        State::Removing(_) => "removing",
        State::Gone(_) => "gone",
    }
}

fn effect(effect: &Effect) -> &'static str {
    match effect {
        Effect::Signal(Signal::KILL) => "kill",
        Effect::Signal(_) => "signal",
        Effect::StartGrace(_) => "grace",
        Effect::Remove => "remove",
    }
}

/// A machine in each state, by the shortest way there.
fn machine(state: &str) -> Machine {
    let ways: &[Input] = match state {
        "running" => &[],
        "stopping" => &[Input::Stop { signal: Signal::TERM, grace: GRACE }],
        "killing" => &[Input::Stop { signal: Signal::TERM, grace: Duration::ZERO }],
        "killing to remove" => &[Input::Destroy { force: true }],
        "exited" => &[Input::Ended(exit(1))],
        "removing" => &[Input::Ended(exit(1)), Input::Destroy { force: false }],
        _ => &[Input::Ended(exit(1)), Input::Destroy { force: false }, Input::Removed],
    };
    let mut machine = Machine::running(false);
    for input in ways {
        machine.step(input.clone()).unwrap();
    }
    assert_eq!(word(machine.state()), state);
    machine
}

const STATES: [&str; 7] =
    ["running", "stopping", "killing", "killing to remove", "exited", "removing", "gone"];

/// What each input does in each state, in the order of [`inputs`]: the state after it and its effects, `-` for
/// nothing, `refused`.
#[rustfmt::skip]
const TABLE: [[&str; 9]; 7] = [
    // stop                stop now         stop by kill     grace over       ended      destroy    by force                   removed  remove failed
    ["stopping:signal,grace", "killing:kill", "killing:kill", "-",            "exited:", "refused", "killing to remove:kill", "-",     "-"],
    ["stopping:signal,grace", "killing:kill", "killing:kill", "killing:kill", "exited:", "refused", "killing to remove:kill", "-",     "-"],
    ["-",                     "-",            "-",            "-",            "exited:", "refused", "killing to remove:",     "-",     "-"],
    ["-",                     "-",            "-",            "-",       "removing:remove", "refused", "-",                   "-",     "-"],
    ["-",                     "-",            "-",            "-",            "-", "removing:remove", "removing:remove",      "-",     "-"],
    ["-",                     "-",            "-",            "-",            "-",       "-",       "-",                      "gone:", "exited:"],
    ["-",                     "-",            "-",            "-",            "-",       "-",       "-",                      "-",     "-"],
];

#[test]
fn every_state_has_an_answer_to_every_input() {
    for (state, row) in STATES.iter().zip(TABLE) {
        for ((name, input), expected) in inputs().into_iter().zip(row) {
            let mut task = machine(state);
            let seen = match task.step(input) {
                Err(Refusal::StillRunning) => "refused".to_owned(),
                Ok(effects) => {
                    let effects: Vec<_> = effects.iter().map(effect).collect();
                    format!("{}:{}", word(task.state()), effects.join(","))
                }
            };
            let seen = if seen == format!("{state}:") { "-".to_owned() } else { seen };
            assert_eq!(seen, expected, "{state}, {name}");
        }
    }
}

fn any_input() -> impl Strategy<Value = Input> {
    (0..inputs().len()).prop_map(|at| inputs().swap_remove(at).1)
}

proptest! {
    /// The rules that the table must follow, over every sequence.
    #[test]
    fn no_sequence_of_inputs_loses_an_end_or_signals_the_dead(
        inputs in prop::collection::vec(any_input(), 0..80),
        keep in any::<bool>(),
    ) {
        let mut task = Machine::running(keep);
        let mut removed = false;
        for input in inputs {
            let before = task.clone();
            let answer = task.step(input.clone());
            if answer.is_err() {
                prop_assert_eq!(&task, &before);
                prop_assert_eq!(input, Input::Destroy { force: false });
                prop_assert!(before.outcome().is_none());
                continue;
            }
            let effects = answer.unwrap();
            let signals = effects.iter().any(|effect| matches!(effect, Effect::Signal(_)));
            prop_assert!(!signals || before.outcome().is_none());
            prop_assert!(!effects.contains(&Effect::Remove) || (task.outcome().is_some() && !keep));
            prop_assert!(before.outcome().is_none() || before.outcome() == task.outcome());
            prop_assert!(!removed || task == before, "gone is gone");
            removed = matches!(task.state(), State::Gone(_));
        }
    }
}
