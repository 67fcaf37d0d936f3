//! The cases that share one agent: a few at a time, each with jobs of its own. One that fails does not stop the
//! others.

mod attributes;
mod dirs;
mod exec;
mod exit;
mod logs;
mod refused;
mod restart;
mod signal;
mod stop;

use crate::support::agent::Agent;
use crate::support::setup::{tell, text};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

/// Cases at a time. They wait most of the time, but a container's start is work.
const AT_A_TIME: usize = 5;

type Case = fn(&Agent);

macro_rules! table {
    ($($theme:ident::$case:ident,)*) => {
        &[$((concat!(stringify!($theme), "::", stringify!($case)), $theme::$case as Case)),*]
    };
}

/// All of them, the slow ones first.
static CASES: &[(&str, Case)] = table![
    stop::a_task_that_does_not_listen_is_killed_after_its_grace,
    restart::a_failing_task_is_started_again,
    restart::a_task_that_fails_for_good_is_tried_as_often_as_the_policy_says,
    restart::a_person_may_restart_a_task,
    exit::killed_for_its_memory,
    exit::zero_is_complete,
    exit::seven_is_failed,
    exit::a_signal_is_128_and_its_number,
    exec::prints_and_tells_its_exit_code,
    exec::reads_its_standard_input,
    exec::a_program_that_does_not_exist,
    logs::both_streams_arrive_exactly_and_apart,
    logs::many_lines_arrive_in_order,
    logs::a_last_line_without_an_end_arrives,
    signal::a_trap_runs,
    stop::the_trap_of_sigterm_runs_and_the_container_goes,
    stop::the_signal_is_the_one_of_the_job,
    dirs::what_a_task_writes_is_on_the_host,
    dirs::the_environment_names_them,
    dirs::a_template_is_there_before_the_task,
    attributes::the_node_tells_about_podman,
    attributes::a_running_task_has_statistics,
    refused::an_unknown_option_is_named,
    refused::an_image_that_cannot_be_had_leaves_no_container,
    refused::a_command_that_does_not_exist_leaves_no_container,
];

/// Runs them and returns the names of those that failed.
pub fn run(agent: &Agent) -> Vec<&'static str> {
    let wanted = text("NDP_E2E_CASE").unwrap_or_default();
    let chosen = CASES.iter().filter(|(name, _)| name.contains(&wanted));
    let (queue, failed) = (Mutex::new(chosen), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some((name, case)) = next(&queue) {
                    let passed = catch_unwind(AssertUnwindSafe(|| case(agent))).is_ok();
                    let verdict = if passed { "ok" } else { "FAILED" };
                    tell(&format!("case {name} ... {verdict}"));
                    if !passed {
                        failed.lock().unwrap().push(name);
                    }
                }
            });
        }
    });
    failed.into_inner().unwrap()
}

/// Apart, so that the lock is not held while a case runs.
fn next<'a>(queue: &Mutex<impl Iterator<Item = &'a (&'static str, Case)>>) -> Option<(&'static str, Case)> {
    queue.lock().unwrap().next().copied()
}
