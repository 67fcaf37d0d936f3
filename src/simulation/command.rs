//! The `simulate` subcommand: from its arguments to a summary and an exit status.

use super::fault::{FAULTS, Fault, Place, Row};
use super::pairs::Exhaustive;
use super::plan::Plan;
use super::sweep::{Bad, Summary, Sweep};
use crate::adapters::cli::args::SimulateArgs;
use crate::adapters::cli::entry::RunError;
use crate::adapters::cli::output::{complain, print};
use crate::adapters::system::{self, SystemClock};
use crate::ports::Clock;
use std::fmt::Write;
use std::sync::Mutex;
use std::time::Duration;

/// Lines of a timeline that are shown of each world that went wrong, before and after the first violation.
const LINES_BEFORE: usize = 100;
const LINES_AFTER: usize = 20;

/// Time between two lines of progress.
const PROGRESS: Duration = Duration::from_secs(5);

/// What this was built from, so that a seed can be replayed.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Runs the worlds that `args` ask for. Exit status 1 if anything was violated.
///
/// # Errors
/// A fault of no such name; a job file that cannot be used.
pub fn simulate(args: &SimulateArgs) -> Result<u8, RunError> {
    if args.list_faults {
        print(&list(), true)?;
        return Ok(0);
    }
    let allowed = args.faults.iter().map(|name| fault(name)).collect::<Result<Vec<_>, _>>()?;
    let allowed = (!allowed.is_empty()).then_some(allowed.as_slice());
    let begun = SystemClock.now();
    let summary = worlds(args, allowed)?;
    let took = SystemClock.now().since(begun);
    let mut text = String::new();
    for bad in &summary.worst {
        text.push_str(&story(args, bad));
    }
    text.push_str(&table(&summary, took));
    print(&text, true)?;
    Ok(u8::from(summary.bad > 0))
}

fn fault(name: &str) -> Result<Fault, RunError> {
    Fault::of_name(name).ok_or_else(|| format!("no fault is called {name:?}; see --list-faults").into())
}

fn worlds(args: &SimulateArgs, allowed: Option<&[Fault]>) -> Result<Summary, RunError> {
    let exhaustive = Exhaustive::default();
    let told = Mutex::new(SystemClock.now());
    let of_seed = |seed| Plan::of_seed(seed, allowed);
    let of_number = |number| exhaustive.plan(number);
    let (first, count) = match (args.exhaustive, args.seed) {
        (true, _) => (args.seed.unwrap_or(0), args.seed.map_or(exhaustive.count(), |_| 1)),
        (false, Some(seed)) => (seed, 1),
        (false, None) => (0, args.seeds),
    };
    let sweep = Sweep {
        first,
        count,
        plan: if args.exhaustive { &of_number } else { &of_seed },
        progress: &|done, bad| progress(&told, done, count, bad),
        stop_early: false,
    };
    Ok(sweep.run(system::cores())?)
}

fn progress(told: &Mutex<crate::domain::time::Timestamp>, done: u64, count: u64, bad: u64) {
    let now = SystemClock.now();
    let mut told = super::locked(told);
    if now.since(*told) >= PROGRESS {
        *told = now;
        complain(&format!("{done} of {count} worlds, {bad} with violations"));
    }
}

fn list() -> String {
    let mut text = String::new();
    for Row(_, name, place, what) in FAULTS {
        let place = match place {
            Place::Calls(_) => "call",
            Place::World => "world",
            Place::Host(_) => "host",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:<20} {place:<6} {what}");
    }
    text
}

/// What happened in a world that went wrong, and how to see it again.
fn story(args: &SimulateArgs, bad: &Bad) -> String {
    let Bad { number, verdict } = bad;
    let mut text = String::new();
    let wrong = verdict.timeline.iter().position(|line| line.contains("  VIOLATION  ")).unwrap_or(0);
    for line in
        verdict.timeline.iter().skip(wrong.saturating_sub(LINES_BEFORE)).take(LINES_BEFORE + LINES_AFTER)
    {
        let _ = writeln!(text, "  {line}");
    }
    let _ = writeln!(text, "\nseed {number}, version {VERSION}, trace {:016x}", verdict.hash);
    for violation in &verdict.violations {
        let _ = writeln!(text, "  violated: {violation}");
    }
    let exhaustive = if args.exhaustive { " --exhaustive" } else { "" };
    let faults =
        if args.faults.is_empty() { String::new() } else { format!(" --faults {}", args.faults.join(",")) };
    let _ = writeln!(text, "  again: nomad-driver-podman simulate{exhaustive}{faults} --seed {number}\n");
    text
}

fn table(summary: &Summary, took: Duration) -> String {
    let mut text = String::from("faults by kind\n");
    for (fault, count) in &summary.struck {
        let _ = writeln!(text, "  {:<20} {count:>9}", fault.name());
    }
    let hours = summary.simulated.as_secs_f64() / 3600.0;
    let total: u64 = summary.struck.values().sum();
    let _ = writeln!(
        text,
        "worlds           {} ({} run twice), trace {:016x}",
        summary.worlds, summary.twice, summary.hash
    );
    let _ = writeln!(text, "faults           {total} of {} kinds", summary.struck.len());
    let _ = writeln!(text, "simulated        {hours:.1} hours in {:.1} s", took.as_secs_f64());
    let _ = writeln!(text, "violations       {}", summary.bad);
    text
}
