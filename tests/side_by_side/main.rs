//! The in-memory runtime and real Podman side by side: the same random sequence of calls must give the same
//! answers. A difference is a defect of the in-memory runtime, or stands in `accepted` with its reason.
//!
//! ```text
//! tests/support/podman.sh run podman4 -- cargo test --test side_by_side       without Podman it says SKIPPED
//! NDP_SEEDS=100 ...                                                           more sequences
//! NDP_SEED=7 ...                                                              that one again, as a failure tells it
//!
//! Each run has sequences of its own, so that what the suite knows grows with every run.
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests are tests"
)]
#![allow(dead_code, reason = "parts of tests/contract that this suite has no use for")]

mod accepted;
#[path = "../contract/arm.rs"]
mod arm;
#[path = "../contract/images.rs"]
mod images;
#[path = "../contract/lab.rs"]
mod lab;
#[path = "../contract/memory_arm.rs"]
mod memory_arm;
mod play;
#[path = "../contract/podman_arm.rs"]
mod podman_arm;
#[path = "../contract/programs.rs"]
mod programs;
mod sequence;
#[path = "../contract/sh.rs"]
mod sh;

use lab::Lab;
use sequence::Call;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Sequences in a usual run, and calls in each: some ten seconds of a real Podman.
const SEEDS: u64 = 6;
const CALLS: usize = 30;

#[test]
fn the_same_calls_have_the_same_answers() {
    if let Err(reason) = arm::podman() {
        assert!(std::env::var_os("NDP_PODMAN_REQUIRED").is_none(), "podman: {reason}");
        return println!("SKIPPED podman: {reason}");
    }
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seeds = match number("NDP_SEED") {
        Some(seed) => seed..seed + 1,
        None => {
            let base = u64::from(fresh());
            base..base + number("NDP_SEEDS").unwrap_or(SEEDS)
        }
    };
    println!("sequences of the seeds {seeds:?}; NDP_SEED=N plays one of them again");
    let is_one = seeds.end - seeds.start == 1;
    let (mut used, mut met) = (Vec::new(), BTreeSet::new());
    for seed in seeds {
        let calls = sequence::calls(seed, CALLS);
        let (memory, podman) = (in_memory(&calls), on_podman(&calls));
        used.extend(compare(seed, &calls, &memory, &podman));
        met.extend(podman);
    }
    println!("{} different answers; accepted differences met: {used:?}", met.len());
    // Sequences that only miss would agree on everything; one alone may.
    assert!(met.len() > 15 || is_one, "{met:?}");
}

/// Another number in each run.
fn fresh() -> u32 {
    let mut bytes = [0; 4];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()).unwrap();
    u32::from_ne_bytes(bytes)
}

/// The numbers of the accepted differences that were met.
fn compare(seed: u64, calls: &[Call], memory: &[String], podman: &[String]) -> Vec<usize> {
    let mut used = Vec::new();
    for (at, (in_memory, on_podman)) in memory.iter().zip(podman).enumerate() {
        if in_memory != on_podman {
            let accepted = accepted::find(calls[at], in_memory, on_podman);
            let known = accepted.unwrap_or_else(|| panic!("{}", told(seed, at, calls, memory, podman)));
            used.push(known);
        }
    }
    used
}

fn told(seed: u64, at: usize, calls: &[Call], memory: &[String], podman: &[String]) -> String {
    let lines = calls.iter().zip(memory).zip(podman).take(at + 1);
    let lines =
        lines.map(|((call, memory), podman)| format!("{call:?}\n  memory: {memory}\n  podman: {podman}\n"));
    format!("NDP_SEED={seed}: answers differ in the last of\n{}", lines.collect::<String>())
}

fn in_memory(calls: &[Call]) -> Vec<String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async { play(Lab::new(Arc::new(memory_arm::MemoryArm::new())), calls).await })
}

fn on_podman(calls: &[Call]) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { play(Lab::new(arm::podman().unwrap()), calls).await })
}

async fn play(lab: Lab, calls: &[Call]) -> Vec<String> {
    let answers = play::play(&lab, calls).await;
    let left = lab.clean().await;
    assert!(left.is_empty(), "left behind: {left:?}");
    answers
}

#[test]
fn a_difference_would_be_seen() {
    let calls = sequence::calls(1, 2);
    let answers = |last: &str| vec!["ok".to_owned(), last.to_owned()];
    let unlike =
        std::panic::catch_unwind(|| compare(1, &calls, &answers("Ok(Running)"), &answers("Err(NotFound)")));
    assert!(unlike.is_err());
    assert_eq!(compare(1, &calls, &answers("x"), &answers("x")), [0; 0]);
}
