//! What is wrong is found: a check that cannot fail checks nothing.

use super::super::rng::Rng;
use super::super::task::SimTask;
use super::super::trace::CANARY;
use super::*;
use crate::domain::container::{ContainerState, labels};

struct Scene {
    trace: Arc<Trace>,
    truth: Truth,
}

fn scene() -> Scene {
    let clock = Arc::new(VirtualClock::new(Rng::new(1)));
    let trace = Arc::new(Trace::new(Arc::clone(&clock)));
    Scene { truth: Truth::new(clock, Arc::clone(&trace)), trace }
}

fn facts(id: &str, ours: bool) -> ContainerFacts {
    let mut request = SimTask::planned(true, &mut Rng::new(1)).request;
    request.id = TaskId::new(format!("{}/web/1", request.meta.alloc_id));
    ContainerFacts {
        id: ContainerId::new(id),
        name: ContainerName::new(id),
        state: ContainerState::Running,
        pid: None,
        started_at: None,
        finished_at: None,
        exit_code: None,
        oom_killed: false,
        memory_at_end: None,
        labels: if ours { labels::of_task(&request) } else { [("owner", "somebody")].into_iter().collect() },
        image: None,
        binds: vec![],
        ip: None,
        stop_signal: None,
    }
}

impl Scene {
    fn happens(&self, deed: Deed, id: &str, ours: bool) {
        self.truth.happened(&Happening { deed, facts: facts(id, ours) });
    }

    fn found(&self, what: &str) -> bool {
        self.trace.violations().iter().any(|violation| violation.contains(what))
    }
}

fn known(code: i32) -> ExitOutcome {
    ExitOutcome::Known(ExitRecord { code, oom_killed: false, finished_at: None })
}

fn unknown() -> ExitOutcome {
    ExitOutcome::Unknown("nobody knows".to_owned())
}

/// A task that ended with 3.
fn ended() -> Scene {
    let scene = scene();
    for deed in [Deed::Created, Deed::Started, Deed::Ended { code: 3, oom: false }] {
        scene.happens(deed, "one", true);
    }
    scene
}

#[test]
fn a_wrong_code_and_a_lost_one_are_found_and_the_true_one_is_not() {
    for (outcome, wrong) in [(known(3), false), (known(0), true), (unknown(), true)] {
        let scene = ended();
        scene.truth.check_outcome(&ContainerId::new("one"), &outcome);
        assert_eq!(!scene.trace.violations().is_empty(), wrong, "{outcome:?}");
    }
    let scene = ended();
    scene.truth.tampered(&ContainerId::new("one"));
    scene.truth.check_outcome(&ContainerId::new("one"), &unknown());
    assert_eq!(scene.trace.violations(), [""; 0], "somebody has taken the record away");
    scene.truth.check_outcome(&ContainerId::new("one"), &known(4));
    assert!(scene.found("exit 4"), "which is no reason to make one up");
}

#[test]
fn want_of_memory_that_was_not_is_found() {
    let scene = ended();
    let outcome = ExitOutcome::Known(ExitRecord { code: 3, oom_killed: true, finished_at: None });
    scene.truth.check_outcome(&ContainerId::new("one"), &outcome);
    assert!(scene.found("oom true"));
}

#[test]
fn two_containers_of_a_task_that_run_are_found() {
    let scene = scene();
    scene.happens(Deed::Created, "one", true);
    scene.happens(Deed::Created, "two", true);
    scene.happens(Deed::Started, "one", true);
    assert_eq!(scene.trace.violations(), [""; 0]);
    scene.happens(Deed::Started, "two", true);
    assert!(scene.found("two containers"));
}

#[test]
fn harm_to_others_is_found_whatever_their_labels_are() {
    for (deed, ours) in
        [(Deed::Removed, false), (Deed::Signalled, false), (Deed::Started, false), (Deed::Removed, true)]
    {
        let scene = scene();
        scene.happens(Deed::Created, "other", ours);
        scene.truth.guard();
        assert_eq!(scene.trace.violations(), [""; 0]);
        scene.happens(deed, "other", ours);
        assert!(scene.found("was touched"), "{deed:?}");
    }
}

#[test]
fn a_restart_of_the_machine_excuses_the_end_of_others_and_nothing_else() {
    let scene = scene();
    scene.happens(Deed::Created, "other", false);
    scene.happens(Deed::Started, "other", false);
    scene.truth.guard();
    scene.truth.rebooted();
    scene.happens(Deed::Ended { code: 137, oom: false }, "other", false);
    assert_eq!(scene.trace.violations(), [""; 0]);
    scene.happens(Deed::Removed, "other", false);
    assert!(scene.found("was touched: Removed"));
}

#[test]
fn a_secret_in_a_line_is_found_also_beyond_what_is_kept_of_it() {
    for line in [format!("password {CANARY}"), format!("{}{CANARY}", "x".repeat(1000))] {
        let scene = scene();
        scene.trace.tell("log", &line);
        assert!(scene.found("a secret"));
    }
}
