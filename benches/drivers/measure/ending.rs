//! How soon an end is told, and how long an end takes that was asked for.

use super::{IDLE, ms};
use crate::args::Args;
use crate::bare::Bare;
use crate::board::Board;
use crate::session::Session;
use crate::turns::{Figures, in_turn};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::thread;
use std::time::{Duration, Instant};

/// Long enough for Podman to have finished what a start leaves behind.
const SETTLED: Duration = Duration::from_millis(300);

pub async fn exit(args: &Args, board: &Board) {
    in_turn(board, "exit", args.many(31, 6), "podman", one_exit).await;
}

/// The first process of a task is killed behind the driver's back. Three look on: the kernel, by a pidfd of the
/// harness; Podman, by its own wait at its shortest interval; and the driver.
async fn one_exit(session: &Session, _: usize) -> Figures {
    let agent = session.agent().await;
    let task = session.silent_task(IDLE);
    agent.start(&task).await.unwrap();
    let container = session.lab.containers_of(&task).remove(0);
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
        tokio::time::sleep(SETTLED).await;
        tokio::task::spawn_blocking(move || {
            pidfd_send_signal(&init, Signal::KILL).unwrap();
            poll(&mut [PollFd::new(&init, PollFlags::IN)], None).unwrap();
            Instant::now()
        })
        .await
        .unwrap()
    };
    let (told, gone) = tokio::join!(waiting, killing);
    let podman = tokio::task::spawn_blocking(move || podman.join().unwrap()).await.unwrap();
    agent.destroy(task.id(), false).await.unwrap();
    let after = |moment: Instant| moment.saturating_duration_since(gone).as_secs_f64() * 1e3;
    vec![("exit", after(told)), ("exit.bare", after(podman)), ("exit.above", after(told) - after(podman))]
}

/// A task that ends at the first asking: StopTask, WaitTask, DestroyTask.
pub async fn stop(args: &Args, board: &Board) {
    in_turn(board, "stop", args.many(16, 4), "podman", async |session, _| {
        let agent = session.agent().await;
        let task = session.silent_task("trap TERM {\nexit 0\n}\nforever");
        agent.start(&task).await.unwrap();
        tokio::time::sleep(SETTLED).await;
        let before = Instant::now();
        agent.stop(task.id(), Duration::from_secs(10), "SIGTERM").await.unwrap();
        agent.exit_code(task.id()).await;
        agent.destroy(task.id(), false).await.unwrap();
        let elapsed = ms(before);
        assert!(session.lab.containers_of(&task).is_empty(), "the container is still there");
        vec![("stop", elapsed)]
    })
    .await;
}
