//! Nothing is violated.

use nomad_driver_podman::simulation::fault::FAULTS;
use nomad_driver_podman::simulation::pairs::Exhaustive;
use nomad_driver_podman::simulation::plan::Plan;
use nomad_driver_podman::simulation::run::run;
use nomad_driver_podman::simulation::sweep::{Summary, Sweep};
use nomad_driver_podman::simulation::weather::injections;

/// Two cores are what CI has.
const THREADS: u32 = 2;

/// Every so many pairs one is run here; all of them by `make simulate`.
const PAIRS_STEP: u64 = 61;

/// Seeds that are run here; `make simulate` takes 2000.
const SEEDS: u64 = 400;

fn sweep(count: u64, plan: &(dyn Fn(u64) -> Plan + Sync)) -> Summary {
    let sweep = Sweep { first: 0, count, plan, progress: &|_, _| {}, stop_early: false };
    let summary = sweep.run(THREADS).unwrap();
    let told = summary.worst.iter().map(|bad| {
        let timeline = bad.verdict.timeline.join("\n");
        format!("{timeline}\nworld {}: {:?}\n", bad.number, bad.verdict.violations)
    });
    assert_eq!(summary.bad, 0, "of {} worlds:\n{}", summary.worlds, told.collect::<String>());
    summary
}

#[test]
fn no_single_fault_does_harm() {
    let exhaustive = Exhaustive::default();
    let summary = sweep(exhaustive.singles(), &|number| exhaustive.plan(number));
    assert_eq!(summary.worlds, exhaustive.singles());
    // Worlds in which a planned fault never strikes show nothing.
    let missed: Vec<_> = injections().into_iter().filter(|planned| !summary.hit.contains(planned)).collect();
    assert_eq!(missed, [], "of {}", injections().len());
}

#[test]
fn no_pair_of_faults_does_harm() {
    let exhaustive = Exhaustive::default();
    let number = |at: u64| exhaustive.singles() + at * PAIRS_STEP;
    sweep(exhaustive.pairs() / PAIRS_STEP, &|at| exhaustive.plan(number(at)));
}

#[test]
fn no_drawn_world_is_violated_and_all_kinds_of_faults_strike() {
    let summary = sweep(SEEDS, &|seed| Plan::of_seed(seed, None));
    assert!(summary.twice > 0);
    let missing: Vec<_> =
        FAULTS.iter().filter(|row| !summary.struck.contains_key(&row.0)).map(|row| row.1).collect();
    assert_eq!(missing, [""; 0], "of {} kinds", FAULTS.len());
    assert!(FAULTS.len() >= 24);
}

#[test]
fn a_seed_is_a_world() {
    let hash = |seed| run(&Plan::of_seed(seed, None)).unwrap().hash;
    assert_eq!(hash(7), hash(7));
    assert_ne!(hash(7), hash(8));
}
