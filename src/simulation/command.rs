//! The `simulate` subcommand: from its arguments to a summary and an exit status.

use super::clock::VirtualClock;
use super::fault::{FAULTS, Fault, Place, Row};
use super::pairs::Exhaustive;
use super::plan::Plan;
use super::rng::Rng;
use super::run::{Verdict, run};
use super::sweep::{Bad, Summary, Sweep};
use super::task::SimTask;
use crate::adapters::cli::entry::RunError;
use crate::adapters::cli::output::{complain, print};
use crate::adapters::cli::plan::TaskPlan;
use crate::adapters::cli::simulate::{self, SimulateArgs};
use crate::adapters::system::{self, SystemClock};
use crate::ports::Clock;
use std::fmt::Write;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// Lines of a timeline that are shown of each world that went wrong, before and after the first violation.
const LINES_BEFORE: usize = 100;
const LINES_AFTER: usize = 20;

/// Time between two lines of progress.
const PROGRESS: Duration = Duration::from_secs(5);

/// What this was built from, so that a seed can be replayed: `build.rs` knows the commit of a release build.
const VERSION: &str = env!("CARGO_PKG_VERSION");
const COMMIT: Option<&str> = option_env!("SOURCE_COMMIT");

/// Runs the worlds that `args` ask for. Exit status 1 if anything was violated.
///
/// # Errors
/// A fault of no such name; a job file that cannot be used.
pub fn simulate(args: &SimulateArgs) -> Result<u8, RunError> {
    if args.list_faults {
        print(&list(), true)?;
        return Ok(0);
    }
    let worlds = Worlds::new(args)?;
    if let Some(seed) = args.seed {
        return one(args, seed, &worlds);
    }
    let (begun, cpu) = (SystemClock.now(), system::cpu_time());
    let summary = many(&worlds)?;
    let cost = Cost { took: SystemClock.now().since(begun), cpu: system::cpu_time().saturating_sub(cpu) };
    let mut text: String = summary.worst.iter().map(|bad| story(args, bad)).collect();
    text.push_str(&table(&summary, &cost));
    let slow = args.least_speed.filter(|least| cost.speed(&summary) < *least);
    if let Some(least) = slow {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "too slow         below {least} hours in a minute of CPU time");
    }
    print(&text, true)?;
    Ok(u8::from(summary.bad > 0 || slow.is_some()))
}

/// What a sweep has cost.
struct Cost {
    took: Duration,
    cpu: Duration,
}

impl Cost {
    /// Simulated hours in a minute of CPU time.
    fn speed(&self, summary: &Summary) -> f64 {
        hours(summary) / (self.cpu.as_secs_f64() / 60.0).max(f64::MIN_POSITIVE)
    }
}

fn hours(summary: &Summary) -> f64 {
    summary.simulated.as_secs_f64() / 3600.0
}

/// What the arguments ask for.
struct Worlds {
    exhaustive: Option<Exhaustive>,
    allowed: Option<Vec<Fault>>,
    tasks: Vec<SimTask>,
    count: u64,
}

impl Worlds {
    fn new(args: &SimulateArgs) -> Result<Self, RunError> {
        let allowed = args.faults.iter().map(|name| fault(name)).collect::<Result<Vec<_>, _>>()?;
        let exhaustive = args.exhaustive.then(Exhaustive::default);
        Ok(Self {
            count: exhaustive.as_ref().map_or(args.seeds, Exhaustive::count),
            exhaustive,
            allowed: Some(allowed).filter(|allowed| !allowed.is_empty()),
            tasks: args.job.as_deref().map_or(Ok(vec![]), |job| of_job(job, &args.vars))?,
        })
    }

    fn plan(&self, number: u64) -> Plan {
        if let Some(exhaustive) = &self.exhaustive {
            return exhaustive.plan(number);
        }
        let drawn = Plan::of_seed(number, self.allowed.as_deref());
        if self.tasks.is_empty() { drawn } else { drawn.with_tasks(&self.tasks) }
    }
}

/// The tasks of a job file, the same in every world.
fn of_job(job: &Path, vars: &[(String, String)]) -> Result<Vec<SimTask>, RunError> {
    let chance = VirtualClock::new(Rng::new(0));
    let (kind, plans) = simulate::tasks(job, vars, &chance, &SystemClock)?;
    let task = |TaskPlan { task, request }: TaskPlan| SimTask {
        request,
        restarts: task.restart.attempts,
        delay: task.restart.delay,
        is_service: !kind.runs_to_completion(),
        stop_at: Duration::ZERO,
        kill_timeout: task.kill_timeout,
        kill_signal: task.kill_signal,
    };
    Ok(plans.into_iter().map(task).collect())
}

/// One world, told whole.
fn one(args: &SimulateArgs, seed: u64, worlds: &Worlds) -> Result<u8, RunError> {
    let verdict = run(&worlds.plan(seed))?;
    let mut text: String = verdict.timeline.iter().map(|line| format!("{line}\n")).collect();
    text.push_str(&end(args, seed, &verdict));
    print(&text, true)?;
    Ok(u8::from(!verdict.violations.is_empty()))
}

fn fault(name: &str) -> Result<Fault, RunError> {
    Fault::of_name(name).ok_or_else(|| format!("no fault is called {name:?}; see --list-faults").into())
}

fn many(worlds: &Worlds) -> Result<Summary, RunError> {
    let told = Mutex::new(SystemClock.now());
    let sweep = Sweep {
        first: 0,
        count: worlds.count,
        plan: &|number| worlds.plan(number),
        progress: &|done, bad| progress(&told, done, worlds.count, bad),
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
    text.push_str(&end(args, *number, verdict));
    text
}

/// What came of a world, and how to see it again.
fn end(args: &SimulateArgs, number: u64, verdict: &Verdict) -> String {
    let commit = COMMIT.map_or(String::new(), |commit| format!(", commit {commit}"));
    let mut text = format!("\nseed {number}, version {VERSION}{commit}, trace {:016x}\n", verdict.hash);
    for violation in &verdict.violations {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  violated: {violation}");
    }
    if verdict.violations.is_empty() {
        text.push_str("  nothing was violated\n");
    }
    let exhaustive = if args.exhaustive { " --exhaustive" } else { "" };
    let job = args.job.as_ref().map_or(String::new(), |job| format!(" --job {}", job.display()));
    let faults =
        if args.faults.is_empty() { String::new() } else { format!(" --faults {}", args.faults.join(",")) };
    let _ =
        writeln!(text, "  again: nomad-driver-podman simulate{exhaustive}{job}{faults} --seed {number}\n");
    text
}

fn table(summary: &Summary, cost: &Cost) -> String {
    let mut text = String::from("faults by kind\n");
    for (fault, count) in &summary.struck {
        let _ = writeln!(text, "  {:<20} {count:>9}", fault.name());
    }
    let total: u64 = summary.struck.values().sum();
    let _ = writeln!(
        text,
        "worlds           {} ({} run twice), trace {:016x}",
        summary.worlds, summary.twice, summary.hash
    );
    let _ = writeln!(text, "faults           {total} of {} kinds", summary.struck.len());
    let (hours, took, speed) = (hours(summary), cost.took.as_secs_f64(), cost.speed(summary));
    let _ = writeln!(text, "simulated        {hours:.1} hours in {took:.1} s, {speed:.0} hours a CPU-minute");
    let _ = writeln!(text, "violations       {}", summary.bad);
    text
}
