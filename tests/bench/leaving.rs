//! Ctrl-C, at a moment when a driver and perhaps its containers are there.

use crate::arm::Arm;
use crate::child::{Harness, alone_on_podman};
use rustix::process::{Pid, Signal, kill_process};
use std::process::{Child, Output};
use std::time::Duration;

/// What a shell says of a command that Ctrl-C ended.
const INTERRUPTED: i32 = 130;
/// Between two looks at what cannot be awaited.
const GLANCE: Duration = Duration::from_millis(10);

/// Waits for a moment of the harness, and interrupts it.
fn interrupt(mut child: Child, signal: Signal, moment: impl Fn() -> bool) -> Output {
    while !moment() {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(GLANCE);
    }
    let pid = Pid::from_child(&child);
    kill_process(pid, signal).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn an_interrupted_run_leaves_no_process_and_no_file() {
    for signal in [Signal::INT, Signal::TERM] {
        let harness = Harness::new().driver("waiting", "echo here > \"$MARK\"\nsleep 1000\n");
        let child = harness.start(&["--only", "handshake"]);
        let output = interrupt(child, signal, || harness.file("waiting.mark").exists());
        assert_eq!(output.status.code(), Some(INTERRUPTED), "{output:?}");
        assert!(harness.file("figures.json").exists(), "what was measured so far is lost");
        assert_eq!(harness.left(), Vec::<String>::new());
    }
}

#[test]
fn an_interrupted_run_leaves_no_container() {
    let Some(podman) = alone_on_podman() else { return };
    let harness = Harness::new().with_podman();
    let child = harness.start(&["--only", "stats"]);
    let output = interrupt(child, Signal::INT, || podman.containers() > 0);
    assert_eq!(output.status.code(), Some(INTERRUPTED), "{output:?}");
    assert_eq!(podman.containers(), 0);
    assert_eq!(harness.left(), Vec::<String>::new());
    assert_eq!(podman.directories(), 0, "allocation directories are left");
}

#[test]
fn a_signal_to_make_bench_reaches_the_harness() {
    // Where there is none yet, it would install one.
    if Arm::find("podman").is_err() {
        return println!("SKIPPED podman: it would have to be brought up");
    }
    let harness = Harness::new().driver("waiting", "echo here > \"$MARK\"\nsleep 1000\n");
    let child = harness.make(&["--only", "handshake"]);
    let output = interrupt(child, Signal::TERM, || harness.file("waiting.mark").exists());
    assert!(!output.status.success(), "{output:?}");
    assert!(harness.file("figures.json").exists(), "the harness was not told: {output:?}");
    assert_eq!(harness.left(), Vec::<String>::new());
}
