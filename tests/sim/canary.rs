//! With the feature `canary` the driver has a bug. A rig that does not find it is broken.

use nomad_driver_podman::simulation::plan::Plan;
use nomad_driver_podman::simulation::sweep::Sweep;

/// Worlds that may go by before it is found.
const SEEDS: u64 = 2000;

#[test]
fn the_planted_bug_is_found() {
    let plan = |seed| Plan::of_seed(seed, None);
    let sweep = Sweep { first: 0, count: SEEDS, plan: &plan, progress: &|_, _| {}, stop_early: true };
    let summary = sweep.run(2).unwrap();
    let found: Vec<_> = summary.worst.iter().flat_map(|bad| &bad.verdict.violations).collect();
    println!("after {} worlds: {found:?}", summary.worlds);
    assert!(found.iter().any(|violation| violation.contains("has a container")), "{found:?}");
}
