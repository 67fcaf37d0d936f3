//! How soon an end is told, and how long an end takes that was asked for.

use super::{IDLE, ms, settle};
use crate::agent::Agent;
use crate::args::Args;
use crate::bare::Bare;
use crate::board::Board;
use crate::session::Session;
use crate::task::Task;
use crate::turns::Turns;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::thread;
use std::time::{Duration, Instant};
use tokio::task::spawn_blocking;

/// Tasks of a round, which end one after the other.
const TASKS: usize = 5;

/// A hundred ends, so that they have a 99th percentile.
pub async fn exit(args: &Args, board: &Board) {
    let turns = Turns::of("exit").rounds(args.many(100 / TASKS, 1)).after_warm_up();
    let round = async |session: &Session, _| {
        let agent = session.agent().await;
        let tasks: Vec<Task> = (0..TASKS).map(|_| session.silent_task(IDLE)).collect();
        for task in &tasks {
            agent.start(task).await.unwrap();
        }
        for task in &tasks {
            one_exit(session, &agent, task).await;
        }
    };
    turns.run(board, round).await;
}

/// The first process of a task is killed behind the driver's back. Three look on: the kernel, by a pidfd of the
/// harness; Podman, by its own wait at its shortest interval; and the driver.
async fn one_exit(session: &Session, agent: &Agent, task: &Task) {
    let container = session.lab.containers_of(task).remove(0);
    let init = Bare::connect().pid(&container);
    let init = pidfd_open(Pid::from_raw(init).unwrap(), PidfdFlags::empty()).unwrap();
    let podman = thread::spawn(move || {
        Bare::connect().wait(&container);
        Instant::now()
    });
    let waiting = async {
        agent.exit_code(task.id()).await;
        Instant::now()
    };
    let killing = async {
        settle().await;
        let kill = move || {
            pidfd_send_signal(&init, Signal::KILL).unwrap();
            poll(&mut [PollFd::new(&init, PollFlags::IN)], None).unwrap();
            Instant::now()
        };
        spawn_blocking(kill).await.unwrap()
    };
    let (told, gone) = tokio::join!(waiting, killing);
    let podman = spawn_blocking(move || podman.join().unwrap()).await.unwrap();
    agent.destroy(task.id(), false).await.unwrap();
    let after = |moment: Instant| moment.saturating_duration_since(gone).as_secs_f64() * 1e3;
    session.note("exit", after(told));
    session.note("exit.bare", after(podman));
    session.note("exit.above", after(told) - after(podman));
}

/// A task that ends at the first asking: StopTask, WaitTask, DestroyTask.
pub async fn stop(args: &Args, board: &Board) {
    let turns = Turns::of("stop").rounds(args.many(15, 3)).after_warm_up();
    let round = async |session: &Session, _| {
        let agent = session.agent().await;
        let task = session.silent_task("trap TERM {\nexit 0\n}\nforever");
        agent.start(&task).await.unwrap();
        settle().await;
        let before = Instant::now();
        agent.stop(task.id(), Duration::from_secs(10), "SIGTERM").await.unwrap();
        agent.exit_code(task.id()).await;
        agent.destroy(task.id(), false).await.unwrap();
        let elapsed = ms(before);
        assert!(session.lab.containers_of(&task).is_empty(), "the container is still there");
        session.note("stop", elapsed);
    };
    turns.run(board, round).await;
}
