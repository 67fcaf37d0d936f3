//! ExecTask: script checks.

use super::{LONG, SERVICE};
use crate::agent::Agent;
use crate::lab::{Lab, exists};
use crate::task::Task;
use std::rc::Rc;
use std::time::Duration;

async fn running(lab: &Lab) -> (Rc<Agent>, Task) {
    let plugin = lab.plugin().await;
    let task = lab.task(SERVICE);
    plugin.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    (plugin, task)
}

pub async fn output_and_exit_code_come_back(lab: &Lab) {
    let (plugin, task) = running(lab).await;
    let command = lab.arm.command("out to\\x20out\\n\nerr to\\x20err\\n\nexit 9");
    let answer = plugin.exec(task.id(), command, LONG).await.unwrap();
    assert_eq!((&*answer.stdout, &*answer.stderr), (&b"to out\n"[..], &b"to err\n"[..]));
    assert_eq!(answer.result.unwrap().exit_code, 9);
    let answer = plugin.exec(task.id(), lab.arm.command("exit 0"), Duration::ZERO).await.unwrap();
    assert_eq!(answer.result.unwrap().exit_code, 0, "zero is no limit");
    assert_eq!(task.stdout.text(), "ready\n", "what a command prints is not the task's log");
}

pub async fn a_program_that_is_not_there_is_no_success(lab: &Lab) {
    let (plugin, task) = running(lab).await;
    let missing = match lab.arm.name {
        // Any other name is believed to be there.
        "memory" => vec!["program".to_owned(), "no such step".to_owned()],
        _ => vec!["/no/such/program".to_owned()],
    };
    for command in [missing, vec![]] {
        match plugin.exec(task.id(), command.clone(), LONG).await {
            Ok(answer) => assert!([126, 127].contains(&answer.result.unwrap().exit_code)),
            Err(refused) => assert!(command.iter().all(|word| refused.message.contains(word)), "{refused:?}"),
        }
    }
}

pub async fn a_command_that_takes_too_long_is_killed(lab: &Lab) {
    let (plugin, task) = running(lab).await;
    let command = lab.arm.command("write /local/begun x\nsleep 4s\nwrite /local/late x");
    let refused = plugin.exec(task.id(), command, Duration::from_secs(2)).await.err().unwrap();
    assert!(refused.message.contains("timed out"), "{refused:?}");
    assert!(task.local("begun").exists(), "it was on its way");
    // Only time tells that something is not done.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!task.local("late").exists(), "the command lives on");
    plugin.inspect(task.id()).await.unwrap();
}

pub async fn an_ended_task_runs_no_commands(lab: &Lab) {
    let (plugin, task) = running(lab).await;
    let command = lab.arm.command("write /local/begun x\nforever");
    let exec = plugin.exec(task.id(), command.clone(), LONG);
    let end = async {
        exists(&task.local("begun")).await;
        plugin.signal(task.id(), "SIGTERM").await.unwrap();
    };
    // Whatever it is, a command that died with its task has not succeeded.
    let (interrupted, ()) = tokio::join!(exec, end);
    assert_ne!(interrupted.map_or(-1, |answer| answer.result.unwrap().exit_code), 0);
    plugin.wait(task.id()).await.unwrap();
    let refused = plugin.exec(task.id(), command, LONG).await.err().unwrap();
    assert!(refused.message.contains("running"), "{refused:?}");
}
